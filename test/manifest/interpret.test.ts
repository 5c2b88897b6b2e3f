import { describe, expect, it, test } from 'vitest';
import { load, manifest, messages, only } from './fixtures.ts';

describe('an empty text is an error, not the same as nothing', () => {
  test.each([
    { field: 'expiry_date', says: 'is empty' },
    { field: 'registry', says: 'is empty' },
    { field: 'name', says: 'is empty' },
    { field: 'api_url', says: 'is empty' },
    { field: 'username', says: 'is empty' },
    { field: 'password', says: 'is empty' },
    { field: 'token', says: 'is empty' },
    { field: 'certificate_fingerprint', says: 'is empty' },
    { field: 'status', says: 'expected "enabled" or "disabled"' },
    { field: 'create_with', says: 'expected "post" or "put"' },
    { field: 'replace_order', says: 'expected "create_first" or "delete_first"' },
    { field: 'state', says: 'expected "present"' },
    { field: 'secret', says: 'expected "discard"' },
  ])('$field', async ({ field, says }) => {
    const entry = { kind: 'registry_token', registry: 'team-a', name: 'ci-push', [field]: '' };
    for (const document of [
      { apiVersion: 'reconcile/v1', tokens: [entry] },
      {
        apiVersion: 'reconcile/v1',
        ...(field !== 'name' && { defaults: { registry_token: { [field]: '' } } }),
        tokens: [field === 'name' ? entry : { kind: 'registry_token', registry: 'team-a', name: 'ci-push' }],
      },
    ]) {
      const { errors } = await load(JSON.stringify(document));
      expect(messages(errors).join()).toContain(says);
    }
  });

  it('in what a variable leads to as well', async () => {
    const env = { RECONCILE_VAR_END: '' };
    const { errors } = await load(manifest('expiry_date: "${env:RECONCILE_VAR_END}"'), { env });
    expect(messages(errors)).toEqual(['is empty']);
  });
});

describe('defaults', () => {
  const defaults = (values: string, token: string) => `apiVersion: reconcile/v1
defaults:
  registry_token: ${values}
tokens:
  - { kind: registry_token, name: ci-push, ${token} }
`;
  test.each([
    {
      why: 'stand in for what a token leaves out',
      values: '{ registry: team-a, wait_timeout: 120 }',
      token: '',
      result: { scope: 'team-a', waitTimeoutSeconds: 120 },
    },
    {
      why: 'give way to the token',
      values: '{ registry: team-a, wait_timeout: 120 }',
      token: 'registry: team-b, wait_timeout: 5',
      result: { scope: 'team-b', waitTimeoutSeconds: 5 },
    },
    {
      why: 'are not merged below the first level',
      values: '{ registry: team-a, scopes: [{ type: repository, name: a, actions: [pull] }] }',
      token: 'scopes: [{ type: repository, name: b, actions: [pull] }]',
      result: { fields: { name: 'ci-push', scopes: [{ type: 'repository', name: 'b', actions: ['pull'] }] } },
    },
  ])('$why', async ({ values, token, result }) => {
    expect(only(await load(defaults(values, token)))).toMatchObject(result);
  });

  it('hold for their document alone', async () => {
    const { errors } = await load(
      `${defaults('{ registry: team-a }', '')}---\napiVersion: reconcile/v1\ntokens: [{ kind: registry_token, name: other }]\n`,
    );
    expect(messages(errors)).toEqual(['registry is required for a registry_token with state: present']);
  });

  it("can't say the kind", async () => {
    const { errors } = await load(defaults('{ registry: team-a, kind: registry_token }', ''));
    expect(messages(errors)).toEqual(["kind can't be a default"]);
  });
});

describe('a text that is too large has a hint that helps', () => {
  test.each([
    {
      why: 'a deep one is flattened, not split',
      tokens: '['.repeat(200),
      hint: /^nest lists and mappings at most 100 deep/,
    },
    {
      why: 'a long one is split',
      tokens: `\n${'- &a { kind: registry_token }\n'.repeat(1001)}`,
      hint: /^split it into several/,
    },
    { why: 'a long word is shortened', tokens: `["${'x'.repeat(300_000)}"]`, hint: /^shorten the text$/ },
  ])('$why', async ({ tokens, hint }) => {
    const { errors } = await load(`apiVersion: reconcile/v1\ntokens: ${tokens}\n`);
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', hint: expect.stringMatching(hint) }]);
  });
});

test('an open bracket and a missing apiVersion have a hint', async () => {
  expect((await load('apiVersion: reconcile/v1\ntokens: [\n')).errors).toMatchObject([
    { hint: 'close the bracket or brace that is still open, or indent its lines' },
  ]);
  expect((await load('tokens: []\n')).errors).toMatchObject([
    {
      message: 'expected apiVersion: reconcile/v1; found none',
      hint: expect.stringMatching(/^begin the manifest/),
    },
  ]);
});
