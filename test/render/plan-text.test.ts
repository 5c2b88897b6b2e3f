import { describe, expect, it, test } from 'vitest';
import type { Plan } from '../../src/core/model/plan.ts';
import { planSummary } from '../../src/render/plan-text.ts';
import { change, created } from './changes.ts';
import { planText } from './text-fixtures.ts';

describe('a plan as text', () => {
  it('has a title for each change, its action, and a summary', () => {
    const text = planText([
      created,
      change('deploy', 18, {
        action: 'patch',
        fields: [{ field: 'status', before: 'enabled', after: 'disabled' }],
      }),
      change('new-name', 27, {
        action: 'replace',
        replaceOrder: 'create_first',
        fields: [{ field: 'name', before: 'old-name', after: 'new-name', isName: true }],
      }),
      change('legacy', 33, { action: 'delete', reason: 'declared absent' }),
      change('same', 40, { action: 'noop', reason: 'as declared' }),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "  + registry_token  team-a/ci-push                                 tokens.yaml:9
            no token has this name
            scopes        repository app: pull, push
            expiry_date   2027-06-30T00:00:00Z
            secret        → file secrets/ci-push.json
        ~ registry_token  team-a/deploy                                 tokens.yaml:18
            status        enabled → disabled
      -/+ registry_token  team-a/old-name → new-name                    tokens.yaml:27
            name          old-name → new-name   immutable: new token first, then the
                          old one is deleted
        - registry_token  team-a/legacy                                 tokens.yaml:33
            declared absent

      Plan: 1 to create, 1 to patch, 1 to replace, 1 to delete. 1 unchanged.
      "
    `);
  });

  it.each([
    [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }, 'repository app: pull, push'],
    [{ type: 'REPO', path: 'acme/app', scopes: ['repo-pull'] }, 'REPO acme/app: repo-pull'],
    [
      { kind: 'project', namespace: '*', access: ['repository:pull', 'tag:list'] },
      'project *: repository:pull, tag:list',
    ],
    [{ kind: 'system', namespace: '/', access: [] }, 'system /: nothing'],
  ])('shows the rights %j as "%s"', (right, text) => {
    const fields = [{ field: 'rights', before: null, after: [right] }];
    expect(planText([change('new', 1, { action: 'create', fields })])).toContain(`rights        ${text}\n`);
  });

  it('shows an empty text as such', () => {
    const fields = [{ field: 'description', before: '', after: 'for the pipeline' }];
    expect(planText([change('old', 1, { action: 'patch', fields })])).toContain('"" → for the pipeline\n');
  });

  it('shows errors with a fix, warnings, and guards', () => {
    const text = planText(
      [
        change('bad', 3, {
          action: 'error',
          error: { code: 'IMMUTABLE', message: "name can't be changed", hint: 'set allow_replace: true' },
        }),
        change('foreign', 5, {
          action: 'noop',
          warnings: [
            'its secret is not known to be in file secrets/foreign.json, as the token was not made here',
          ],
        }),
      ],
      [{ code: 'PLAN_UNSAFE', message: 'team-a/x is protected', hint: 'take protected: true out' }],
    );
    expect(text).toMatchInlineSnapshot(`
      "  ! registry_token  team-a/bad                                     tokens.yaml:3
            IMMUTABLE: name can't be changed
            → set allow_replace: true
          registry_token  team-a/foreign                                 tokens.yaml:5
            warning: its secret is not known to be in file secrets/foreign.json, as
            the token was not made here
            refused: team-a/x is protected
            → take protected: true out

      Plan: 1 unchanged. 1 error.
      "
    `);
  });

  it('shows only the differences of long lists', () => {
    const scope = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] });
    const text = planText([
      change('deploy', 18, {
        action: 'patch',
        fields: [{ field: 'scopes', before: ['a', 'b', 'c'].map(scope), after: ['b', 'c', 'd'].map(scope) }],
      }),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "  ~ registry_token  team-a/deploy                                 tokens.yaml:18
            scopes        - repository a: pull, push
                          + repository d: pull, push

      Plan: 1 to patch.
      "
    `);
  });

  it('shows a replace that deletes first', () => {
    const text = planText([
      change('new', 27, {
        action: 'replace',
        replaceOrder: 'delete_first',
        fields: [{ field: 'name', before: 'old', after: 'new', isName: true }],
      }),
    ]);
    expect(text).toContain('old → new   immutable: the old token is deleted first');
  });

  test.each([
    { why: 'nothing', changes: [], line: 'No changes. Tokens match the manifests.' },
    {
      why: 'nothing to do',
      changes: [change('a', 1, { action: 'noop' })],
      line: 'No changes. Tokens match the manifests. 1 unchanged.',
    },
    {
      why: 'an error',
      changes: [change('a', 1, { action: 'error' })],
      line: 'Plan: 1 error.',
    },
    {
      why: 'errors and a delivery',
      changes: [
        change('a', 1, { action: 'error' }),
        change('b', 2, { action: 'error' }),
        change('c', 3, { action: 'deliver' }),
      ],
      line: 'Plan: 1 to deliver. 2 errors.',
    },
  ])('sums up $why', ({ changes, line }) => {
    expect(planText(changes).trimEnd().split('\n').at(-1)).toBe(line);
  });
});

describe('a plan of drift alone', () => {
  const drift = (changes: Plan['changes'], manifestChangesOmitted: number): string =>
    planSummary({ version: 1, changes, guards: [], digest: 'sha256:0', manifestChangesOmitted });

  test('says that there is none, not that tokens match the manifests', () => {
    expect(drift([change('a', 1, { action: 'noop' })], 0)).toBe('No drift. 1 unchanged.');
    expect(drift([change('a', 1, { action: 'noop' })], 2)).toBe(
      'No drift. 1 unchanged. 2 manifest changes not shown.',
    );
  });

  test('counts what it leaves out', () => {
    expect(drift([change('a', 1, { action: 'patch', cause: 'drift' })], 1)).toBe(
      'Plan: 1 to patch. 1 manifest change not shown.',
    );
  });
});

test('a name that is too long for a line breaks at its spaces', () => {
  const name = 'words '.repeat(16).trim();
  const lines = planText([change(name, 1, { action: 'delete' })]).split('\n');
  expect(lines[0]).toBe(`  - registry_token  team-a/${'words '.repeat(9).trim()}`);
  expect(lines[1]).toMatch(/^ {6}words( words)+ +tokens\.yaml:1$/);
});
