import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifests } from '../../src/manifest/load.ts';
import { tokenKinds } from '../../src/providers/registry.ts';
import { fc } from '../support/property.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loads a file of these bytes. Whatever they are, it ends, and all that is wrong is a located problem of ours. */
async function survives(bytes: Uint8Array): Promise<void> {
  await writeFile(join(folder, 'fuzz.yaml'), bytes);
  const loaded = await readManifests(['fuzz.yaml'], {
    cwd: folder,
    env: {},
    stdin: async () => Buffer.alloc(0),
    declarations: tokenKinds,
    now: 1_767_225_600,
    allowHosts: [],
    allowFileReferences: [],
    allowSinkDirs: [],
    allowInsecureHttp: false,
    policies: [],
    debug: () => undefined,
  });
  for (const { code, message } of loaded.errors) {
    expect(code).toMatch(/^(USAGE|MANIFEST_(SYNTAX|INVALID|CONFLICT)|REFERENCE_MISSING)$/);
    expect(message).not.toBe('');
  }
  if (loaded.errors.length === 0) expect(loaded.desired.length).toBeGreaterThanOrEqual(0);
}

const words = fc.constantFrom(
  'apiVersion: reconcile/v1\n',
  'tokens:\n',
  '  - ',
  'kind: registry_token\n',
  'kind: docker_hub_personal_token\n',
  'kind: docker_hub_org_token\n',
  '    name: ci\n',
  '    scopes: [{ type: repository, name: app, actions: [pull] }]\n',
  '    resources: [{ type: TYPE_REPO, path: a/b, scopes: [scope-image-pull] }]\n',
  '    expiry_date: 2026-13-45\n',
  '    secret: [{ file: { path: ../x } }]\n',
  '    password: ${env:',
  '}',
  '&a ',
  '*a',
  '<<: *a\n',
  '---\n',
  '...\n',
  '!!binary ',
  '? ',
  ': ',
  '__proto__: ',
  'constructor: ',
  '"\\u0000"',
  '- - - -',
  '{',
  '[',
  '|\n',
  '>-\n',
  '\t',
  '\ufeff',
  '\r\n',
  '# \u202e\n',
  'null\n',
  '1e999\n',
  '0x1F\n',
);

test('any bytes are loaded, or refused with a problem of ours', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 300 });
});

test('and so is anything that looks like a manifest', async () => {
  const looksLike = fc
    .array(fc.oneof({ weight: 5, arbitrary: words }, fc.string({ unit: 'binary', maxLength: 6 })), {
      maxLength: 40,
    })
    .map((parts) => Buffer.from(`apiVersion: reconcile/v1\ntokens:\n${parts.join('')}`, 'utf8'));
  await fc.assert(fc.asyncProperty(looksLike, survives), { numRuns: 600 });
});

test('and any value in the place of any field', async () => {
  const field = fc.constantFrom(
    ...[
      'kind',
      'state',
      'registry',
      'name',
      'token_label',
      'uuid',
      'org',
      'label',
      'scopes',
      'resources',
      'secret',
    ],
    ...[
      'expires_at',
      'expiry_date',
      'is_active',
      'api_url',
      'token',
      'password',
      'wait_timeout',
      'rotate',
      'protected',
    ],
  );
  const token = fc.record({
    kind: fc.constantFrom('registry_token', 'docker_hub_personal_token', 'docker_hub_org_token'),
    more: fc.dictionary(field, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
  });
  const manifest = fc
    .record({ tokens: fc.array(token, { maxLength: 3 }), defaults: fc.jsonValue({ maxDepth: 2 }) })
    .map(({ tokens, defaults }) =>
      Buffer.from(
        JSON.stringify({
          apiVersion: 'reconcile/v1',
          defaults,
          tokens: tokens.map(({ kind, more }) => ({ kind, ...more })),
        }),
      ),
    );
  await fc.assert(fc.asyncProperty(manifest, survives), { numRuns: 600 });
});
