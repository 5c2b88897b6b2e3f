import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/core/model/desired.ts';
import { expiryField, filterFields, nameFieldOf } from '../../src/core/model/field-rules.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Fields, Observed } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import type { Json } from '../../src/core/util/json.ts';
import type { Client } from '../../src/providers/provider.ts';
import { connect, mark } from '../contract/connect.ts';
import { organization, personal } from '../contract/docker-hub-subjects.ts';
import { ionos } from '../contract/ionos-subject.ts';
import { standIn, standInWithLimits } from '../contract/stand-in-subject.ts';
import { type Subject, start } from '../contract/subject.ts';
import { entryOf, inputFor } from '../core/fixtures.ts';
import { share } from '../support/lane.ts';
import { fc } from '../support/property.ts';

const { signal } = new AbortController();

const startSeconds = start / 1000;
const day = 86_400;

/** A subject with the values that its fields can have, besides the name and the expiry. */
interface Case {
  readonly subject: Subject;
  readonly values: Readonly<Record<string, fc.Arbitrary<Json>>>;
}

const list = (value: fc.Arbitrary<Json>) => fc.array(value, { minLength: 1, maxLength: 4 });
const text = fc.constantFrom('', 'for the pipeline', 'two\nlines');
const permissions = fc.array(
  fc.record({
    scope: fc.constantFrom('/project', '/system'),
    resource: fc.constantFrom('repository', 'artifact'),
    action: fc.constantFrom('pull', 'push', 'list'),
  }),
  { maxLength: 5 },
);
const standInValues = { description: text, permissions, disabled: fc.boolean() };

const cases: readonly Case[] = [
  {
    subject: ionos,
    values: {
      scopes: list(
        fc.record({
          type: fc.constantFrom('repository', 'registry'),
          name: fc.constantFrom('app', 'base'),
          actions: list(fc.constantFrom('pull', 'push', 'delete')),
        }),
      ),
      status: fc.constantFrom('enabled', 'disabled'),
    },
  },
  {
    subject: personal,
    values: { scopes: list(fc.constantFrom('repo:read', 'repo:write')), is_active: fc.boolean() },
  },
  {
    subject: organization,
    values: {
      description: fc.constantFrom('', 'for the pipeline'),
      resources: list(
        fc.record({
          type: fc.constant('TYPE_REPO'),
          path: fc.constantFrom('acme/app', 'acme/base'),
          scopes: list(fc.constantFrom('scope-image-pull', 'scope-image-push', 'scope-tag-read')),
        }),
      ),
      is_active: fc.boolean(),
    },
  },
  { subject: standIn, values: standInValues },
  { subject: standInWithLimits, values: standInValues },
];

/** Any instant from two days to a year ahead; most of them are in the middle of a day. */
const instant = fc
  .integer({ min: startSeconds + 2 * day, max: startSeconds + 365 * day })
  .map((seconds) => formatInstant(seconds));

/** Returns the fields of a token: some of them, or all. */
function fieldsOf({ subject, values }: Case): fc.Arbitrary<Fields> {
  const { rules } = subject.provider.declaration;
  const { required } = rules[expiryField(rules)]?.expiry ?? {};
  const expiry = required ? instant : fc.oneof(instant, fc.constant('never'));
  const needed = Object.keys(rules).filter((field) => rules[field]?.requiredOnCreate);
  return fc.record(
    { ...values, [expiryField(rules)]: expiry },
    { requiredKeys: needed },
  ) as fc.Arbitrary<Fields>;
}

/** Returns a value with its lists in the other order, and with an item twice. */
function reordered(value: Json): Json {
  if (Array.isArray(value)) return [...value.slice(0, 1), ...value.map(reordered).reverse()];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reordered(inner as Json)]));
}

/** Returns the operations of an account of the service, as a run uses them. */
function open(subject: Subject) {
  const { provider, scope, scopeId } = subject;
  const { declaration } = provider;
  const { rules } = declaration;
  const running = subject.start({ scopes: [{ id: scopeId(1), name: 'team-a' }], tokens: [] });
  const client: Client = connect(provider, running);

  const create = async (fields: Fields): Promise<void> => {
    const first = filterFields(fields, rules, ({ patchAfterCreate }) => !patchAfterCreate);
    const later = filterFields(fields, rules, ({ patchAfterCreate }) => patchAfterCreate === true);
    const { token } = await client.create(scope, first, mark(), signal);
    if (Object.keys(later).length > 0) await client.patch(scope, token.id, later, signal);
  };
  const observe = async (): Promise<readonly Observed[]> => {
    const { tokens } = await client.list(scope, signal);
    return Promise.all(
      tokens.map(async (token) =>
        token.partial ? ((await client.read(scope, token.id, signal)) ?? token) : token,
      ),
    );
  };
  const carryOut = async ({ action, id, payload }: Change): Promise<void> => {
    if (action === 'patch') await client.patch(scope, id ?? '', payload, signal);
    if (action === 'replace') await client.delete(scope, id ?? '', signal);
    if (action === 'create' || action === 'replace') await create(payload);
  };

  return {
    create,
    /** Plans a number of seconds before the service's present time. */
    plan: async (desired: readonly Desired[], early = 0): Promise<readonly Change[]> => {
      const tokens = await observe();
      const nowSeconds = startSeconds - early;
      return createPlan(
        desired.map((entry) => ({
          ...inputFor(entry, tokens, { scope, tokenKind: declaration, listedAt: nowSeconds }),
          now: nowSeconds,
        })),
      ).changes;
    },
    apply: async (changes: readonly Change[]): Promise<void> => {
      for (const change of changes) {
        expect(change.error).toBeNull();
        await carryOut(change);
      }
    },
  };
}

function desiredOf(
  { provider: { declaration } }: Subject,
  wanted: ReadonlyMap<string, Fields>,
): readonly Desired[] {
  const nameField = nameFieldOf(declaration.rules);
  return [...wanted].map(([name, fields]) =>
    entryOf(
      declaration.kind,
      { scope: 'team-a', place: 'team-a', name, allowReplace: true },
      { ...fields, [nameField]: name },
      declaration,
    ),
  );
}

describe.each(cases)('$subject.name', (one) => {
  const { subject } = one;
  const nameField = nameFieldOf(subject.provider.declaration.rules);
  const tokens = fc
    .dictionary(fc.constantFrom('ci', 'deploy', 'nightly'), fieldsOf(one), { maxKeys: 3 })
    .map((named) => new Map(Object.entries(named)));

  test('after an apply the plan is empty, in whatever order lists are', async () => {
    await fc.assert(
      fc.asyncProperty(tokens, tokens, async (live, wanted) => {
        const { create, plan, apply } = open(subject);
        for (const [name, fields] of live) await create({ ...fields, [nameField]: name });
        await apply(await plan(desiredOf(subject, wanted)));
        const again = new Map(
          [...wanted].reverse().map(([name, fields]) => [name, reordered(fields) as Fields]),
        );
        for (const desired of [wanted, again].map((all) => desiredOf(subject, all))) {
          const changes = await plan(desired);
          expect(changes.filter(({ action }) => action !== 'noop')).toEqual([]);
          expect(changes).toHaveLength(wanted.size);
        }
      }),
      { numRuns: share(200, 10) },
    );
  });

  test('a plan that is applied hours later needs one more apply at most', async () => {
    await fc.assert(
      fc.asyncProperty(
        tokens,
        tokens,
        fc.integer({ min: 0, max: day / 2 - 1 }),
        async (live, wanted, early) => {
          const { create, plan, apply } = open(subject);
          for (const [name, fields] of live) await create({ ...fields, [nameField]: name });
          const desired = desiredOf(subject, wanted);
          await apply(await plan(desired, early));
          await apply(await plan(desired));
          expect((await plan(desired)).filter(({ action }) => action !== 'noop')).toEqual([]);
        },
      ),
      { numRuns: share(200, 10) },
    );
  });
});
