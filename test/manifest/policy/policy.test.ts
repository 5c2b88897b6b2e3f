import { describe, expect, it, test } from 'vitest';
import { type Problem, ReconcileErrors } from '../../../src/core/model/errors.ts';
import { type Policy, readPolicy } from '../../../src/manifest/policy/policy.ts';
import { personalTokenDeclaration } from '../../../src/providers/docker-hub/personal-declaration.ts';
import { load, manifest, messages, options } from '../fixtures.ts';

/** A policy in a file called `policy.yaml`. */
function policy(text: string): Policy {
  return readPolicy('policy.yaml', text, options.now);
}

/** What one policy says of a manifest of one token, with these lines added. */
async function breaches(text: string, ...lines: readonly string[]): Promise<readonly Problem[]> {
  return (await load(manifest(...lines), { policies: [policy(text)] })).errors;
}

describe('days from now', () => {
  const soon = 'properties: { expiry_date: { maxDaysFromNow: 90 } }';
  const late = 'properties: { expiry_date: { minDaysFromNow: 7 } }';

  test.each([
    { why: 'at most so many', rule: soon, expiry: '2026-04-01T00:00:00Z' },
    { why: 'at most so many, in another zone', rule: soon, expiry: '2026-04-01T02:00:00+02:00' },
    { why: 'a fraction of a second more, which is dropped', rule: soon, expiry: '2026-04-01T00:00:00.9Z' },
    { why: 'at least so many', rule: late, expiry: '2026-01-08T00:00:00Z' },
    { why: 'never is later than whatever', rule: late, expiry: 'never' },
  ])('are taken: $why', async ({ rule, expiry }) => {
    expect(await breaches(rule, `expiry_date: ${expiry}`)).toEqual([]);
  });

  test.each([
    { why: 'a second more', rule: soon, expiry: '2026-04-01T00:00:01Z' },
    { why: 'a second more, in another zone', rule: soon, expiry: '2026-03-31T22:00:01-02:00' },
    { why: 'never is later than whatever', rule: soon, expiry: 'never' },
    { why: 'a second less', rule: late, expiry: '2026-01-07T23:59:59Z' },
  ])('are refused: $why', async ({ rule, expiry }) => {
    expect(await breaches(rule, `expiry_date: ${expiry}`)).toHaveLength(1);
  });

  it('say up to when, or from when on', async () => {
    expect(messages(await breaches(soon, 'expiry_date: never'))).toEqual([
      'expected an instant up to 2026-04-01T00:00:00Z, 90 days from now; found "never" (policy: policy.yaml)',
    ]);
    expect(messages(await breaches(late, 'expiry_date: 2026-01-02T02:00:00+02:00'))).toEqual([
      'expected an instant from 2026-01-08T00:00:00Z, 7 days from now, or never; found "2026-01-02T00:00:00Z" (policy: policy.yaml)',
    ]);
  });

  it('hold for what is stated; that it has to be is another rule', async () => {
    expect(await breaches(soon)).toEqual([]);
    expect(messages(await breaches(`required: [expiry_date]\n${soon}`))).toEqual([
      'expiry_date is missing (policy: policy.yaml)',
    ]);
  });

  it('take no text that is no instant', async () => {
    expect(messages(await breaches('properties: { name: { maxDaysFromNow: 1 } }'))).toEqual([
      'expected an instant up to 2026-01-02T00:00:00Z, a day from now; found "ci-push" (policy: policy.yaml)',
    ]);
  });
});

describe('what breaks a policy', () => {
  const places = (errors: readonly Problem[]): readonly unknown[] =>
    errors.map(({ source }) => [source?.line, source?.column, source?.path]);

  it('is located where the value stands', async () => {
    const rule =
      'properties: { scopes: { items: { properties: { actions: { items: { enum: [pull] } } } } } }';
    const errors = await breaches(
      rule,
      'scopes:',
      '  - { type: repository, name: app, actions: [pull, push] }',
    );
    expect(errors).toMatchObject([
      {
        code: 'MANIFEST_INVALID',
        message: 'expected "pull"; found "push" (policy: policy.yaml)',
        source: { excerpt: expect.stringContaining('actions: [pull, push]') },
      },
    ]);
    expect(places(errors)).toEqual([[7, 56, 'tokens[0].scopes[0].actions[1]']]);
  });

  it('is located at the key that is not allowed', async () => {
    const lines = ['wait: false', 'api_url: http://127.0.0.1:1'];
    for (const rule of [
      'properties: { api_url: false }',
      'propertyNames: { pattern: "^(kind|state|registry|name|wait)$" }',
      'additionalProperties: false\nproperties: { kind: {}, state: {}, registry: {}, name: {}, wait: {} }',
    ]) {
      const errors = await breaches(rule, ...lines);
      expect(messages(errors)).toEqual(['api_url is not allowed (policy: policy.yaml)']);
      expect(places(errors)).toEqual([[7, 5, 'tokens[0].api_url']]);
    }
  });

  it('is located at the entry where something is missing', async () => {
    expect(places(await breaches('required: [protected]'))).toEqual([[3, 5, 'tokens[0]']]);
  });

  it('is told once where it stands in the defaults, however many tokens have them', async () => {
    const text = `apiVersion: reconcile/v1
defaults:
  registry_token: { registry: team-a, expiry_date: never }
tokens:
  - { kind: registry_token, name: one }
  - { kind: registry_token, name: two }
  - { kind: registry_token, name: three, expiry_date: 2026-02-01T00:00:00Z }
`;
    const rule = policy('properties: { expiry_date: { maxDaysFromNow: 90 } }');
    const { errors } = await load(text, { policies: [rule] });
    expect(places(errors)).toEqual([[3, 52, 'defaults.registry_token.expiry_date']]);
  });

  it('is told with everything else that is wrong, by all policies, in the order of the manifest', async () => {
    const { errors } = await load(manifest('stauts: enabled', 'expiry_date: never', 'wait: sometimes'), {
      policies: [
        policy('title: rule one\nproperties: { expiry_date: { maxDaysFromNow: 90 } }'),
        policy('title: rule two\nrequired: [protected]\nproperties: { wait: { const: true } }'),
      ],
    });
    expect(messages(errors)).toEqual([
      'protected is missing (policy: rule two)',
      'unknown key stauts',
      expect.stringMatching(/^expected an instant .*\(policy: rule one\)$/),
      // What a value of the wrong type means is anybody's guess: nothing but the type is told.
      'expected true or false; found "sometimes"',
    ]);
  });

  test.each([
    {
      why: 'the failing part',
      rule: 'description: all\nproperties: { wait: { description: part, const: true } }',
      hint: 'part',
    },
    {
      why: 'the field that is missing',
      rule: 'description: all\nrequired: [protected]\nproperties: { protected: { description: part } }',
      hint: 'part',
    },
    { why: 'the whole, for want of another', rule: 'description: all\nrequired: [protected]', hint: 'all' },
    { why: 'lines as one', rule: 'description: |\n  all\n  of it\nrequired: [protected]', hint: 'all of it' },
  ])('comes with the description of $why as the hint', async ({ rule, hint }) => {
    expect(await breaches(rule, 'wait: false')).toMatchObject([{ hint }]);
  });

  test.each([
    {
      why: 'alternatives',
      rule: 'anyOf: [{ required: [wait] }, { title: protection, required: [protected] }]',
    },
    {
      why: 'alternatives that are defined elsewhere',
      rule: 'anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }]\n$defs: { a: { $ref: "#/$defs/c" }, b: { title: protection, required: [protected] }, c: { required: [wait] } }',
    },
  ])('is told once for all $why', async ({ rule }) => {
    const errors = await breaches(`${rule}\nproperties: { name: { const: other } }`);
    expect(messages(errors)).toEqual([
      expect.stringMatching(/^expected what satisfies .* or protection \(policy: policy.yaml\)$/),
      'expected "other"; found "ci-push" (policy: policy.yaml)',
    ]);
  });

  test.each([
    { rule: 'properties: { name: { not: { const: ci-push } } }', says: 'expected anything but "ci-push"' },
    {
      rule: 'properties: { name: { not: { enum: [a, ci-push] } } }',
      says: 'expected anything but "a" or "ci-push"',
    },
    {
      rule: 'properties: { name: { not: { pattern: "^ci" } } }',
      says: 'anything but a text that matches ^ci',
    },
    { rule: 'properties: { name: { maxLength: 3 } }', says: 'must NOT have more than 3 characters' },
    {
      rule: 'properties: { scopes: { contains: { title: a scope that pulls, type: string } } }',
      says: 'expected a list with a scope that pulls',
    },
    { rule: 'oneOf: [{ title: A }, { title: B }]', says: 'expected one alone of A or B' },
    { rule: 'if: { required: [name] }\nthen: false', says: 'this is not allowed' },
  ])('is told in words: $rule', async ({ rule, says }) => {
    const errors = await breaches(rule, 'scopes: [{ type: repository, name: app, actions: [pull] }]');
    expect(messages(errors)).toEqual([expect.stringContaining(says)]);
  });

  it('shows no credential', async () => {
    const rule = 'properties: { password: { pattern: "^[$]" }, token: { const: "${env:TOKEN}" } }';
    const errors = await breaches(rule, 'password: hunter2hunter2', 'token: ${env:OTHER_TOKEN}');
    expect(errors).toHaveLength(2);
    expect(JSON.stringify(errors)).not.toMatch(/hunter2|OTHER_TOKEN/);
  });
});

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

describe('what rotation makes of an entry', () => {
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
        'expiry_date, which rotate sets: expected an instant up to 2026-04-01T00:00:00Z, 90 days from now; found "2026-04-01T01:00:00Z" (policy: policy.yaml)',
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

  it('shows wherever rotate stands: in the defaults it is told once', async () => {
    const text = `apiVersion: reconcile/v1
defaults:
  docker_hub_personal_token: { scopes: [repo:read], rotate: { every: 9000d, lifetime: 9999d }, secret: discard }
tokens:
  - { kind: docker_hub_personal_token, token_label: one }
  - { kind: docker_hub_personal_token, token_label: two }
`;
    const rule = policy('properties: { expires_at: { maxDaysFromNow: 90 } }');
    const { errors } = await load(text, { policies: [rule], declarations: [personalTokenDeclaration] });
    expect(errors.map(({ source, message }) => [source?.path, message.split(':')[0]])).toEqual([
      ['defaults.docker_hub_personal_token.rotate.lifetime', 'expires_at, which rotate sets'],
    ]);
  });

  it('is nothing where the family is to be gone', async () => {
    const rule = `states: [absent]\nproperties: { expiry_date: false }`;
    expect(await breaches(rule, 'state: absent', 'registry_token: ci-push', rotate('30d', '60d'))).toEqual(
      [],
    );
  });

  it('replaces no expiry that is stated: both together are an error anyway', async () => {
    const errors = await breaches(soon, 'expiry_date: never', rotate('30d', '60d'));
    expect(messages(errors)).toEqual([
      expect.stringContaining("expiry_date and rotate don't go together"),
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
      says: 'maxDayFromNow is no keyword',
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
      says: 'it refers to itself without end',
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
      says: 'expected a number from 0',
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
    { why: 'it is no YAML', text: 'required: [name', says: 'Flow sequence', column: 16 },
    { why: 'it is no mapping', text: '- required: [name]', says: 'expected a mapping', column: 1 },
    { why: 'it would answer later', text: '$async: true', says: '$async is no keyword', column: 1 },
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
      says: 'states is for the policy as a whole',
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
