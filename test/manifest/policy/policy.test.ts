import { describe, expect, it, test } from 'vitest';
import { type Problem, ReconcileErrors } from '../../../src/core/model/errors.ts';
import { personalToken } from '../../../src/providers/docker-hub/personal-token.ts';
import { load, manifest, messages } from '../fixtures.ts';
import { breaches, policy } from './fixtures.ts';

describe('the value that a policy sees', () => {
  test.each([
    {
      why: 'a state that is not stated',
      rule: 'required: [state]\nproperties: { state: { const: present } }',
      lines: [],
    },
    {
      why: 'variables resolved',
      rule: 'properties: { status: { const: disabled } }\nrequired: [status]',
      lines: ['status: ${env:RECONCILE_VAR_STATUS}'],
    },
    {
      why: 'references to credentials as they are',
      rule: 'properties: { password: { const: "${env:SECRET}" } }\nrequired: [password]',
      lines: ['password: ${env:SECRET}'],
    },
    {
      why: 'lists in their order',
      rule: 'properties: { scopes: { prefixItems: [{ properties: { name: { const: b } } }] } }',
      lines: [
        'scopes: [{ type: repository, name: b, actions: [pull] }, { type: repository, name: a, actions: [pull] }]',
      ],
    },
    { why: 'no default of ours', rule: 'properties: { wait: false, allow_replace: false }', lines: [] },
  ])('has $why', async ({ rule, lines }) => {
    const env = { RECONCILE_VAR_STATUS: 'disabled' };
    expect((await load(manifest(...lines), { env, policies: [policy(rule)] })).errors).toEqual([]);
  });
});

describe('the effect of rotation on an entry', () => {
  const soon = 'required: [expiry_date]\nproperties: { expiry_date: { maxDaysFromNow: 90 } }';
  const rotate = (every: string, lifetime: string): string =>
    `rotate: { every: ${every}, lifetime: ${lifetime} }`;

  it('is an expiry: a lifetime from now, to the second', async () => {
    expect(await breaches(soon, rotate('30d', '90d'))).toEqual([]);
    const [breach, ...others] = await breaches(soon, rotate('30d', '2161h'));
    expect(others).toEqual([]);
    expect(breach).toMatchObject({
      code: 'MANIFEST_INVALID',
      message:
        'expiry_date, which rotate sets: expected an instant no later than 2026-04-01T00:00:00Z, 90 days from now; found "2026-04-01T01:00:00Z" (policy: policy.yaml)',
      source: { line: 6, column: 37, path: 'tokens[0].rotate.lifetime' },
    });
  });

  it('counts for rules on how soon a token may end, too', async () => {
    const late = 'properties: { expiry_date: { minDaysFromNow: 30 } }';
    expect(await breaches(late, rotate('2d', '30d'))).toEqual([]);
    expect(await breaches(late, rotate('2d', '29d'))).toHaveLength(1);
  });

  it('is an instant for every other keyword, too', async () => {
    expect(await breaches('properties: { expiry_date: { const: never } }', rotate('2d', '30d'))).toHaveLength(
      1,
    );
    expect(
      await breaches(
        'properties: { expiry_date: { pattern: "^2026-01-31T00:00:00Z$" } }',
        rotate('2d', '30d'),
      ),
    ).toEqual([]);
  });

  it('is reported once if rotate is in the defaults', async () => {
    const text = `apiVersion: reconcile/v1
defaults:
  docker_hub_personal_token: { scopes: [repo:read], rotate: { every: 9000d, lifetime: 9999d }, secret: discard }
tokens:
  - { kind: docker_hub_personal_token, token_label: one }
  - { kind: docker_hub_personal_token, token_label: two }
`;
    const rule = policy('properties: { expires_at: { maxDaysFromNow: 90 } }');
    const { errors } = await load(text, { policies: [rule], declarations: [personalToken] });
    expect(errors.map(({ source, message }) => [source?.path, message.split(':')[0]])).toEqual([
      ['defaults.docker_hub_personal_token.rotate.lifetime', 'expires_at, which rotate sets'],
    ]);
  });

  it('is nothing for an absent family', async () => {
    const rule = `states: [absent]\nproperties: { expiry_date: false }`;
    expect(await breaches(rule, 'state: absent', 'registry_token: ci-push', rotate('30d', '60d'))).toEqual(
      [],
    );
  });

  it('replaces no expiry that is stated: both together are an error anyway', async () => {
    const errors = await breaches(soon, 'expiry_date: never', rotate('30d', '60d'));
    expect(messages(errors)).toEqual([
      expect.stringContaining("expiry_date and rotate can't be combined"),
      expect.stringContaining('found "never"'),
    ]);
  });
});

describe('states', () => {
  const states = ['present', 'update', 'absent'];
  test.each([
    { why: 'all but absent, unless it says so', text: '', checked: ['present', 'update'] },
    { why: 'those that it says', text: 'states: [absent]', checked: ['absent'] },
    { why: 'all', text: 'states: [present, update, absent]', checked: states },
  ])('a policy is for entries of the states $checked: $why', async ({ text, checked }) => {
    const rule = `${text}\nrequired: [protected]`;
    const found: string[] = [];
    for (const state of states) {
      if ((await breaches(rule, `state: ${state}`, 'registry_token: old')).length > 0) found.push(state);
    }
    expect(found).toEqual(checked);
  });
});

test('a policy may be JSON, which YAML includes', async () => {
  expect(messages(await breaches('{"title": "JSON",\n\t"required": ["protected"]}'))).toEqual([
    'protected is missing (policy: JSON)',
  ]);
});

describe('a policy that can not be used', () => {
  /** What is wrong with it. */
  function faults(text: string): readonly Problem[] {
    try {
      policy(text);
    } catch (error) {
      if (error instanceof ReconcileErrors) return error.problems;
      throw error;
    }
    return [];
  }

  test.each([
    {
      why: 'a keyword is misspelt',
      text: 'properties: { expiry_date: { maxDayFromNow: 90 } }',
      says: 'maxDayFromNow is not a keyword',
      column: 30,
      hint: 'did you mean maxDaysFromNow?',
    },
    {
      why: 'a field is misspelt',
      text: 'allOf: [{ properties: { expiri_date: false } }]',
      says: 'no token has a field expiri_date',
      column: 25,
      hint: 'did you mean expiry_date?',
    },
    {
      why: 'a required field is misspelt',
      text: 'required: [kind, expires_on]',
      says: 'no token has a field expires_on',
      column: 18,
      hint: 'did you mean expires_at?',
    },
    {
      why: 'a field is misspelt where a reference leads',
      text: '{ $ref: "#/$defs/a", $defs: { a: { not: { required: [pasword] } } } }',
      says: 'no token has a field pasword',
      column: 54,
      hint: 'did you mean password?',
    },
    {
      why: 'it comes back to itself',
      text: 'allOf: [{ $ref: "#" }]',
      says: 'it refers to itself endlessly',
      column: 1,
    },
    {
      why: 'a value has the wrong type',
      text: 'required: expiry_date',
      says: 'expected a list; found "expiry_date"',
      column: 11,
    },
    {
      why: 'days are no number',
      text: 'properties: { expiry_date: { maxDaysFromNow: soon } }',
      says: 'expected a number; found "soon"',
      column: 46,
    },
    {
      why: 'days are negative',
      text: 'properties: { expiry_date: { minDaysFromNow: -1 } }',
      says: 'expected a number of at least 0',
      column: 46,
    },
    {
      why: 'it is of another draft',
      text: '$schema: http://json-schema.org/draft-07/schema#',
      says: 'expected "https://json-schema.org/draft/2020-12/schema"',
      column: 10,
      hint: 'did you mean https://json-schema.org/draft/2020-12/schema?',
    },
    {
      why: 'a state is none',
      text: 'states: [gone]',
      says: 'expected "present" or "update" or "absent"',
      column: 10,
    },
    {
      why: 'a key stands twice',
      text: '{ required: [name], required: [registry] }',
      says: 'Map keys must be unique',
      column: 21,
    },
    {
      why: 'it is no YAML',
      text: 'required: [name',
      says: 'Flow sequence',
      column: 16,
      hint: 'close the bracket or brace that is still open, or indent its lines',
    },
    { why: 'it is no mapping', text: '- required: [name]', says: 'expected a mapping', column: 1 },
    { why: 'it would answer later', text: '$async: true', says: '$async is not a keyword', column: 1 },
    { why: 'it takes everything', text: 'true', says: 'expected a mapping', column: 1 },
    { why: 'it is empty', text: '# to do\n', says: 'expected one document' },
    {
      why: 'it is two',
      text: 'required: [name]\n---\nrequired: [registry]\n',
      says: 'expected one document',
    },
    {
      why: 'states stands below',
      text: 'properties: { name: { states: [absent] } }',
      says: 'states is allowed only at the top level of a policy',
    },
    {
      why: 'a format is not known',
      text: 'properties: { expiry_date: { format: date } }',
      says: 'unknown format "date"',
    },
    {
      why: 'a condition has no consequence',
      text: 'if: { required: [name] }',
      says: '"if" without "then" and "else"',
    },
    {
      why: 'a reference leads to another file',
      text: '$ref: other.yaml',
      says: "can't resolve reference other.yaml",
    },
    {
      why: 'a reference leads to another host',
      text: '$ref: https://example.com/policy',
      says: "can't resolve reference https://example.com/policy",
    },
    {
      why: 'a reference leads nowhere',
      text: '$ref: "#/$defs/none"',
      says: "can't resolve reference #/$defs/none",
    },
    {
      why: 'a pattern is none',
      text: 'properties: { name: { pattern: "(" } }',
      says: 'Invalid regular expression',
    },
  ])('says so: $why', ({ text, says, column, hint }) => {
    const [fault, ...others] = faults(text);
    expect(others).toEqual([]);
    expect(fault?.code).toBe('USAGE');
    expect(fault?.message).toContain(`the policy policy.yaml can't be used: ${says}`);
    expect(fault?.source?.column).toBe(column);
    expect(fault?.hint).toBe(hint ?? 'a policy is a JSON Schema (2020-12) for one entry of a manifest');
  });

  it('does not know the policies beside it', () => {
    policy('$id: https://example.com/a\nrequired: [name]');
    policy('$id: https://example.com/a\nrequired: [registry]');
    expect(messages(faults('$ref: https://example.com/a'))).toEqual([
      expect.stringContaining("can't resolve reference https://example.com/a"),
    ]);
  });
});
