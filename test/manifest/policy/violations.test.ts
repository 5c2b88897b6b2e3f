import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../../src/core/model/errors.ts';
import { load, manifest, messages } from '../fixtures.ts';
import { breaches, policy } from './fixtures.ts';

describe('a violation of a policy', () => {
  const places = (errors: readonly Problem[]): readonly unknown[] =>
    errors.map(({ source }) => [source?.line, source?.column, source?.path]);

  it('is located at the value', async () => {
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

  it('is reported once in the defaults, however many tokens have them', async () => {
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

  it('is reported with all other problems of all policies, in the order of the manifest', async () => {
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
  ])('is reported once for all $why', async ({ rule }) => {
    const errors = await breaches(`${rule}\nproperties: { name: { const: other } }`);
    expect(messages(errors)).toEqual([
      expect.stringMatching(/^expected a value that satisfies .* or protection \(policy: policy.yaml\)$/),
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
      says: 'anything but a string that matches ^ci',
    },
    { rule: 'properties: { name: { maxLength: 3 } }', says: 'must NOT have more than 3 characters' },
    {
      rule: 'properties: { scopes: { contains: { title: a scope that pulls, type: string } } }',
      says: 'expected a list with a scope that pulls',
    },
    { rule: 'oneOf: [{ title: A }, { title: B }]', says: 'expected exactly one of A or B' },
    { rule: 'if: { required: [name] }\nthen: false', says: 'this is not allowed' },
  ])('is described: $rule', async ({ rule, says }) => {
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
