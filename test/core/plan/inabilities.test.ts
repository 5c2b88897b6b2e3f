import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Inability } from '../../../src/core/model/inability.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { orgEntry, orgToken, pull } from '../docker-hub-fixtures.ts';
import { entry, type FixtureOptions, held, inputFor, pullApp, sink, token } from '../fixtures.ts';

const reason = 'a robot account only manages its own tokens';

/** Returns the changes of an entry if the credential can't do this. */
function planned(
  desired: Desired,
  live: readonly ReturnType<typeof token>[],
  actions: readonly Inability['action'][],
  more: FixtureOptions = {},
) {
  const inabilities = actions.map((action) => ({ action, reason }));
  return createPlan([inputFor(desired, live, { inabilities, ...more })]).changes;
}

const create = entry({ name: 'ci', fields: { scopes: [pullApp] } });
const patch = entry({ name: 'ci', fields: { status: 'disabled' } });
const replace = entry({ name: 'ci', allowReplace: true, fields: { scopes: [] } });
const absent = entry({ name: 'ci', state: 'absent' });
const live = [token('id-1', 'ci')];

describe('a change that the credential can not carry out is an error of its entry', () => {
  test.each<{
    why: string;
    desired: Desired;
    tokens: typeof live;
    action: Inability['action'];
    text: string;
  }>([
    { why: 'a create', desired: create, tokens: [], action: 'create', text: 'create tokens' },
    { why: 'a patch', desired: patch, tokens: live, action: 'patch', text: 'change tokens' },
    { why: 'a delete', desired: absent, tokens: live, action: 'delete', text: 'delete tokens' },
  ])('$why', ({ desired, tokens, action, text }) => {
    const [change, ...more] = planned(desired, tokens, [action]);
    expect(change).toMatchObject({ action: 'error', id: tokens[0]?.id ?? null, payload: {}, secret: null });
    expect(change?.error).toMatchObject({
      code: 'AUTH',
      message: `the signed-in credential can't ${text} in team-a: ${reason}`,
      hint: `sign in with another credential, one that can ${text}`,
      source: desired.source,
    });
    expect(more).toEqual([]);
  });

  test.each(['create', 'delete'] as const)('a replace, if it can not %s', (action) => {
    const [change] = planned(replace, live, [action], { forceReplace: true });
    expect(change).toMatchObject({ action: 'error', error: { code: 'AUTH' } });
  });

  test('a create that has to be patched at once', () => {
    const inactive = orgEntry({ name: 'ci', fields: { resources: pull, is_active: false } });
    const active = orgEntry({ name: 'ci', fields: { resources: pull, is_active: true } });
    expect(planned(inactive, [], ['patch'])).toMatchObject([{ action: 'error', error: { code: 'AUTH' } }]);
    expect(planned(active, [], ['patch'])).toMatchObject([{ action: 'create' }]);
    expect(planned(active, [orgToken('id-1', 'other')], ['patch'])).toMatchObject([{ action: 'create' }]);
  });

  test('the delete of a superseded token, while the change of its own token stays', () => {
    const old = { id: 'id-0', name: 'ci-old', created: live[0]?.origin.created ?? null };
    const tokens = [token('id-0', 'ci-old'), ...live];
    const own = {
      entry: held(token('id-1', 'ci'), { superseded: [old] }),
      sinkContents: [{ sink, holding: { id: 'id-1' } }],
    };
    const record = (name: string) => (name === 'ci' ? own : {});
    const desired = entry({ name: 'ci', existing: 'ci-old' });
    const changes = planned(desired, tokens, ['delete'], { record });
    expect(changes).toMatchObject([
      { address: 'registry_token:team-a/ci', action: 'noop' },
      {
        address: 'registry_token:team-a/ci-old',
        entryAddress: 'registry_token:team-a/ci',
        action: 'error',
        supersededToken: { id: 'id-0' },
        error: { code: 'AUTH' },
      },
    ]);
  });
});

describe('a change that needs nothing of that stays', () => {
  test.each([
    { why: 'a create', desired: create, tokens: [], actions: ['patch', 'delete', 'set_secret'] },
    { why: 'a patch', desired: patch, tokens: live, actions: ['create', 'delete', 'set_secret'] },
    { why: 'a delete', desired: absent, tokens: live, actions: ['create', 'patch', 'set_secret'] },
    {
      why: 'a token as declared',
      desired: entry({ name: 'ci' }),
      tokens: live,
      actions: ['create', 'patch'],
    },
  ] as const)('$why', ({ desired, tokens, actions }) => {
    expect(planned(desired, tokens, actions)).toEqual(planned(desired, tokens, []));
  });
});
