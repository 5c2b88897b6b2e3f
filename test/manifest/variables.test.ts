import { describe, expect, it, test } from 'vitest';
import { load, manifest, messages, only } from './fixtures.ts';

describe('references', () => {
  const env = { RECONCILE_VAR_TEAM: 'team-b', RECONCILE_VAR_EMPTY: '', HOME: '/home/me' };
  test.each([
    { why: 'a variable', registry: '${env:RECONCILE_VAR_TEAM}', scope: 'team-b' },
    { why: 'within a text', registry: 'x-${env:RECONCILE_VAR_TEAM}-y', scope: 'x-team-b-y' },
    { why: 'a default that is not needed', registry: '${env:RECONCILE_VAR_TEAM:-team-c}', scope: 'team-b' },
    { why: 'a default for a missing one', registry: '${env:RECONCILE_VAR_NONE:-team-c}', scope: 'team-c' },
    { why: 'a default for an empty one', registry: '${env:RECONCILE_VAR_EMPTY:-team-c}', scope: 'team-c' },
    { why: 'a literal ${', registry: 'a$${env:HOME}', scope: 'a${env:HOME}' },
    { why: 'a lone $', registry: 'a$b', scope: 'a$b' },
  ])('are resolved in any text: $why', async ({ registry, scope }) => {
    const text = manifest().replace('team-a', () => `'${registry}'`);
    expect(only(await load(text, { env })).scope).toBe(scope);
  });

  test.each([
    {
      why: 'another variable',
      registry: '${env:HOME}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'another variable, with a default',
      registry: '${env:HOME:-x}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'a file',
      registry: '${file:secret.txt}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'a missing one',
      registry: '${env:RECONCILE_VAR_NONE}',
      code: 'REFERENCE_MISSING',
      message: 'the environment variable RECONCILE_VAR_NONE is not set',
    },
    {
      why: 'none that is known',
      registry: '${vault:x}',
      code: 'MANIFEST_INVALID',
      message: '${vault:x} is not a valid reference',
    },
    {
      why: 'one without an end',
      registry: '${env:HOME',
      code: 'MANIFEST_INVALID',
      message: '${env:HOME is not a valid reference',
    },
  ])(
    'are refused outside of the credentials, located, their values unseen: $why',
    async ({ registry, code, message }) => {
      const { errors } = await load(
        manifest().replace('team-a', () => `'${registry}'`),
        { env },
      );
      expect(errors).toMatchObject([
        { code, message, source: { line: 4, column: 15, path: 'tokens[0].registry' } },
      ]);
      expect(JSON.stringify(errors)).not.toContain('/home/me');
    },
  );

  test.each(['username', 'password', 'token', 'certificate_fingerprint'])(
    'are kept for later in %s',
    async (field) => {
      const loaded = await load(manifest(`${field}: '\${env:HOME}'`), { env });
      expect(only(loaded).connection).toMatchObject({
        [field]: '${env:HOME}',
        sources: { [field]: { line: 6, path: `tokens[0].${field}` } },
      });
      expect(loaded.warnings).toEqual([]);
    },
  );

  it('are not for a field that only has the name of a credential', async () => {
    const { errors } = await load(manifest("scopes: [{ type: '${env:HOME}', name: app, actions: [pull] }]"), {
      env,
    });
    expect(messages(errors)).toEqual(['only ${env:RECONCILE_VAR_…} is allowed in type']);
  });

  test.each([
    { why: 'out of the folder', path: '../secret.txt', refused: true },
    { why: 'to the root', path: '/etc/passwd', refused: true },
    { why: 'out and back in', path: '../manifests/secret.txt', refused: false },
    { why: 'inside', path: 'keys/secret.txt', refused: false },
    { why: 'out, to a folder that is allowed', path: '/run/secrets/ionos', refused: false },
    { why: 'a folder that only begins alike', path: '/run/secrets-of-others/ionos', refused: true },
  ])('to files may not lead out: $why', async ({ path, refused }) => {
    const { errors } = await load(manifest(`token: '\${file:${path}}'`), {
      cwd: '/manifests',
      allowFileReferences: ['/run/secrets'],
    });
    expect(messages(errors)).toEqual(
      refused ? [`the file reference ${path} leads outside the manifests' folder`] : [],
    );
  });
});
