import { expect, test } from 'vitest';
import { canonicalizeFields } from '../../src/core/model/field-rules.ts';
import type { Fields, Kind, Observed } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { type AdoptedManifest, adopt } from '../../src/manifest/adopt.ts';
import { kindOf, tokenKinds } from '../../src/providers/registry.ts';
import { renderManifest } from '../../src/render/manifest-text.ts';
import { inputFor, now } from '../core/fixtures.ts';
import { load } from '../manifest/fixtures.ts';
import { fc } from '../support/property.ts';

/** A token in a scope, as services may show it. */
interface Live {
  readonly kind: Kind;
  readonly scope: string;
  readonly token: Observed;
}

const declarations = tokenKinds;

/** What YAML, references, comments and the rules of manifests could take for something else. */
const mean = fc.constantFrom(
  ...['yes', 'null', '~', '1', '1e3', '0x1F', '2027-06-30T00:00:00Z', '2027-06-30', '<<', '---', '- a', '*a'],
  ...['a: b', 'a #b', '#', '"', "'", '|', '>', '{', '[', ',', '%x', '!t', '&a', '?', ' a ', '\\', '\\n', ''],
  ...[
    '${env:HOME}',
    '$${',
    '$$${x}',
    '${',
    'a\n  - kind: registry_token',
    'a\r\nb',
    '\t',
    '\u0000',
    '\u001b[2J',
  ],
  ...[
    '\u202e',
    '\u2028',
    '\u0085',
    '\ufeff',
    '\ud800',
    '→',
    '\u{e0001}',
    '::x',
    '##[',
    '__proto__',
    'dckr_pat_0123456789',
  ],
);
const text = fc.oneof(
  mean,
  fc
    .array(fc.oneof(mean, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 3 })
    .map((all) => all.join('')),
);
const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('ci', 'deploy', 'Yes', 'null', 'a1') }, text);
const expiry = fc.oneof(
  fc.constantFrom('never', '2027-06-30T00:00:00Z', '2026-01-01T00:30:00Z', '2025-12-31T23:59:59Z'),
  text,
);
const flags = { is_active: fc.boolean(), expires_at: expiry };

const fieldsOf = {
  registry_token: fc.record({
    name,
    scopes: fc.array(
      fc.record({
        type: fc.oneof(fc.constantFrom('repository', 'registry'), text),
        name: text,
        actions: fc.array(fc.oneof(fc.constantFrom('pull', 'push'), text), { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    expiry_date: expiry,
    status: fc.oneof(fc.constantFrom('enabled', 'disabled'), text),
  }),
  docker_hub_personal_token: fc.record({
    token_label: name,
    scopes: fc.option(fc.array(fc.oneof(fc.constantFrom('repo:read', 'repo:write'), text), { maxLength: 2 })),
    ...flags,
  }),
  docker_hub_org_token: fc.record(
    {
      label: name,
      description: text,
      resources: fc.array(fc.record({ type: text, path: text, scopes: fc.array(text, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      ...flags,
    },
    // A token that could not be read shows what its list shows.
    { requiredKeys: ['label', 'is_active', 'expires_at'] },
  ),
};

const places = {
  registry_token: ['team-a', 'null', '00000000-0000-4000-8000-000000000001', 'a ${b'],
  docker_hub_personal_token: [''],
  docker_hub_org_token: ['acme', '123'],
};

const live = fc
  .constantFrom<keyof typeof fieldsOf>('registry_token', 'docker_hub_personal_token', 'docker_hub_org_token')
  .chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      scope: fc.constantFrom(...places[kind]),
      fields: fieldsOf[kind] as fc.Arbitrary<Fields>,
      generated: fc.boolean(),
    }),
  );

/** Tokens with an ID each. Those of Docker Hub may repeat their names, stay when they are over, or be Docker's own. */
const lives: fc.Arbitrary<readonly Live[]> = fc.array(live, { maxLength: 8 }).map((all) =>
  all.map(({ kind, scope, fields: shown, generated }, index) => {
    const { rules, uniqueNames } = kindOf(kind);
    const fields = canonicalizeFields(rules, shown);
    const over = !uniqueNames && Date.parse(String(fields['expires_at'])) <= now * 1000;
    const token: Observed = {
      id: `00000000-0000-4000-8000-00000000010${index}`,
      name: String(fields['name'] ?? fields['token_label'] ?? fields['label']),
      fields,
      origin: { created: now - 86_400, createdBy: null, userAgent: null, modified: false },
      object: {},
      ...(kind === 'docker_hub_personal_token' && generated && { generated: true }),
      ...(over && { expired: true }),
      ...(kind === 'docker_hub_org_token' &&
        !('resources' in fields && 'description' in fields) && { partial: true }),
    };
    return { kind, scope, token };
  }),
);

function adopted(tokens: readonly Live[]): AdoptedManifest {
  return adopt(
    tokens.map(({ kind, scope, token: { id, name: called, fields, generated, expired } }) => ({
      ...{ kind, scope, id, name: called, fields, custody: 'unknown' as const },
      ...(generated && { generated }),
      ...(expired && { expired }),
    })),
    { declarations, now, mask: (value) => value.replace(/dckr_pat_\w+/, '(sensitive)') },
  );
}

function written({ defaults, entries }: AdoptedManifest): string {
  return renderManifest({
    head: ['The head.'],
    defaults,
    entries: entries.map(({ warnings, notes, ...entry }) => ({
      ...entry,
      comments: [...warnings, ...notes],
    })),
  });
}

/** What a manifest plans to on these tokens: each is as declared, and each one that wasn't left out is declared. */
async function plansToNothing(
  manifest: string,
  tokens: readonly Live[],
  adoption: AdoptedManifest,
): Promise<void> {
  const { desired, errors } = await load(manifest, { declarations });
  expect(errors).toEqual([]);
  expect(desired).toHaveLength(adoption.entries.filter(({ excluded }) => !excluded).length);
  const { changes, guards } = createPlan(
    desired.map((entry) => {
      const listed = tokens.filter(({ kind, scope }) => kind === entry.kind && scope === entry.scope);
      return inputFor(
        { ...entry, secret: undefined },
        listed.map(({ token }) => token),
        { record: () => ({}), scopeKey: `${entry.kind} ${entry.scope}` },
      );
    }),
  );
  expect(changes.filter(({ action }) => action !== 'noop')).toEqual([]);
  expect(new Set(changes.map(({ id }) => id)).size).toBe(desired.length);
  expect(guards).toEqual([]);
}

test('whatever is live, what is exported of it loads, and plans to nothing', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (tokens) => {
      const adoption = adopted(tokens);
      expect(adoption.entries).toHaveLength(tokens.length);
      await plansToNothing(written(adoption), tokens, adoption);
    }),
    { numRuns: 500 },
  );
});

test('and so does what is exported as JSON', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (tokens) => {
      const adoption = adopted(tokens);
      const declared = adoption.entries.filter(({ excluded }) => !excluded).map(({ values }) => values);
      const { defaults } = adoption;
      const json = JSON.stringify({ apiVersion: 'reconcile/v1', defaults, tokens: declared });
      await plansToNothing(json, tokens, adoption);
    }),
  );
});

test('the order of a listing makes no difference', () => {
  fc.assert(
    fc.property(lives, (tokens) => {
      expect(written(adopted([...tokens].reverse()))).toBe(written(adopted(tokens)));
    }),
  );
});
