import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';
import { createCertificate, serveTls } from '../support/tls.ts';

// Manifests come in pull requests. Their author can have any variable of the runner sent as a user name, so the value of
// a reference must not come out anywhere, however it is spelled.
const stolen = 'wJalrXUtnFEMI/K7MDENG "bPx" RfiCY+EXAMPLEKEY1';

/** Every way in which something could spell a text. */
function spellings(text: string): readonly string[] {
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('base64url'),
  ].map((one) => one.toLowerCase());
}

/** The files of a folder, but for sinks and the spool: those are for secrets. */
async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter(
      (entry) => entry.isFile() && !/\/(secrets|spool)$/.test(entry.parentPath) && entry.name !== 'input.txt',
    )
    .map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

const seed = {
  docker_hub: {
    users: [{ name: 'emulator', tokens: [{ token_label: 'old', scopes: ['repo:read'] }] }],
    organizations: [{ name: 'acme', owners: ['emulator'] }],
  },
  ionos: { registries: [{ name: 'team-a' }] },
};

const personal = (connection: string, more = ''): string => `apiVersion: reconcile/v1
defaults:
  docker_hub_personal_token: { ${connection} }
tokens:
  - kind: docker_hub_personal_token
    token_label: ci-push
    scopes: ['repo:read']
    secret: [{ file: { path: secrets/ci.json } }]
${more}`;

async function site(
  manifest: string,
  env: Readonly<Record<string, string>>,
  options: Omit<EmulatorOptions, 'seed'> & { seed?: object; rewrite?: (text: string) => string } = {},
) {
  const { rewrite = (text) => text, seed: given = seed, ...emulated } = options;
  const emulator = createEmulator({ ...emulated, seed: parseSeed(JSON.stringify(given)) });
  const served = await serve(
    {
      fetch: async (request) => {
        const answer = await emulator.fetch(request);
        if (answer.status === 204) return answer;
        return new Response(rewrite(await answer.text()), answer);
      },
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const cwd = await folderWith({ 'tokens.yaml': manifest, 'secrets/.keep': '', 'input.txt': `${stolen}\n` });
  const printed: string[] = [];
  return {
    cwd,
    emulator,
    url: served.url,
    printed,
    run: async (...args: readonly string[]) => {
      const finished = await reconcile(args, {
        cwd,
        env: {
          DOCKER_HUB_API_URL: served.url,
          IONOS_API_URL: served.url,
          GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'),
          GITHUB_OUTPUT: join(cwd, 'output.txt'),
          ...env,
        },
      });
      printed.push(finished.stdout, finished.stderr);
      return finished;
    },
    /** Everything that was printed, and that is in files. */
    everything: async () => `${printed.join('\n')}\n${await filesIn(cwd)}`.toLowerCase(),
  };
}

const bearer = "token: '${env:HUB_BEARER}'";

describe('a user name by reference', () => {
  test.each([
    { why: 'to a variable', username: '${env:AWS_SECRET_ACCESS_KEY}' },
    { why: 'to a file', username: '${file:input.txt}' },
    { why: 'to the variable of a secret of our own', username: '${env:IONOS_PASSWORD}' },
    { why: 'as a part of it', username: 'x-${env:AWS_SECRET_ACCESS_KEY}' },
  ])('is in no output and no file of any command: $why', async ({ username }) => {
    let posts = 0;
    const { run, everything, cwd, printed } = await site(
      personal(`username: '${username}', ${bearer}`),
      { AWS_SECRET_ACCESS_KEY: stolen, IONOS_PASSWORD: stolen, HUB_BEARER: 'emulator' },
      // The first answer is lost, so that the ledger remembers the attempt.
      { fault: ({ method }) => (method === 'POST' && ++posts === 1 ? 'drop_before' : 'none') },
    );
    for (const format of ['text', 'json']) await run('doctor', '--format', format);
    expect(printed.join('')).toMatch(/1 token in account [0-9a-f]{12}/);
    for (const format of ['text', 'json', 'markdown']) await run('plan', '--format', format);
    expect(
      (
        await run(
          'plan',
          '--out',
          'saved.json',
          '--grace',
          '0',
          '--log-level',
          'debug',
          '--log-format',
          'json',
        )
      ).code,
    ).toBe(0);
    expect(await readFile(join(cwd, 'saved.json'), 'utf8')).toMatch(/ account [0-9a-f]{12}"/);
    // What was reviewed still holds: an alias is the same in each run.
    const args = ['--plan', 'saved.json', '--log-level', 'debug'];
    expect((await run('apply', '-y', ...args, '--format', 'json')).code).toBe(0);
    expect(await readFile(join(cwd, '.reconcile/custody.json'), 'utf8')).toMatch(/"account [0-9a-f]{12}"/);
    for (const format of ['text', 'json', 'markdown', 'html']) await run('audit', '--format', format);
    await run('spool', 'list');
    const all = await everything();
    for (const spelling of spellings(stolen)) expect(all).not.toContain(spelling);
    // What a token is used with beside its secret is in its sinks, as there is no login without it.
    expect(await readFile(join(cwd, 'secrets/ci.json'), 'utf8')).toContain(
      JSON.stringify(stolen.toLowerCase()).slice(1, -1),
    );
    expect((await run('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('is in no line of a spool that is shown', async () => {
    const { run, everything, printed } = await site(
      personal(`username: '\${env:OTHER}', ${bearer}`).replace(
        'file: { path: secrets/ci.json }',
        'command: { run: ["false"], format: json }',
      ),
      { OTHER: stolen, HUB_BEARER: 'emulator' },
    );
    expect((await run('apply', '--yes')).code).toBe(4);
    for (const format of ['text', 'json']) await run('spool', 'list', '--format', format);
    expect(printed.join('')).toContain('"state": "secret"');
    const all = await everything();
    for (const spelling of spellings(stolen)) expect(all).not.toContain(spelling);
  });

  // A hash takes the place of an account's name; short values can't be blanked out in a text without breaking it.
  test.each(['Zq9', 'ab', 'hunter2', 'AcmeTeam'])(
    'of few characters is no account that is shown: %s',
    async (short) => {
      const { run, cwd, printed } = await site(personal(`username: '\${env:OTHER}', ${bearer}`), {
        OTHER: short,
        HUB_BEARER: 'emulator',
      });
      await run('doctor');
      await run('plan', '--out', 'saved.json');
      await run('apply', '--yes', '--format', 'json');
      expect(printed.join('')).toMatch(/token in account [0-9a-f]{12};/);
      const { targets } = JSON.parse(await readFile(join(cwd, 'saved.json'), 'utf8'));
      expect(targets).toEqual([
        expect.stringMatching(/^docker_hub_personal_token \S+ account [0-9a-f]{12}$/),
      ]);
    },
  );

  test.each(['DOCKER_HUB_USERNAME', 'DOCKER_USERNAME', 'IONOS_USERNAME', 'RECONCILE_VAR_USER'])(
    'from a variable for user names is shown, and custody stays under the same key: %s',
    async (variable) => {
      const open = personal(`username: '\${env:${variable}}', ${bearer}`);
      const { run, cwd, printed, url } = await site(open, {
        [variable]: 'Acme-Robot-1234',
        HUB_BEARER: 'emulator',
      });
      await run('doctor');
      expect(printed.join('')).toContain('1 token in acme-robot-1234');
      expect((await run('apply', '--yes')).code).toBe(0);
      await writeFile(join(cwd, 'tokens.yaml'), open.replace(`\${env:${variable}}`, 'acme-robot-1234'));
      expect((await run('plan', '--detailed-exitcode')).code).toBe(0);
      // Hidden, it is the same account.
      await writeFile(join(cwd, 'tokens.yaml'), open.replace(variable, 'OTHER'));
      const { stdout, stderr } = await reconcile(['plan', '--format', 'json'], {
        cwd,
        env: { DOCKER_HUB_API_URL: url, OTHER: 'ACME-robot-1234', HUB_BEARER: 'emulator' },
      });
      expect(JSON.parse(stdout).changes).toMatchObject([{ action: 'noop', custody: 'held' }]);
      expect(stdout + stderr).not.toMatch(/acme-robot/i);
    },
  );

  test('of which the default is taken is the text of the manifest', async () => {
    const { run, printed } = await site(personal(`username: '\${env:OTHER:-acme-robot-1234}', ${bearer}`), {
      HUB_BEARER: 'emulator',
    });
    await run('doctor');
    expect(printed.join('')).toContain('1 token in acme-robot-1234');
  });

  test('that a service shows with its tokens, or in an error, is hidden in any case of its letters', async () => {
    const user = 'AcmeRobotUser77';
    const { run, everything } = await site(
      `apiVersion: reconcile/v1
defaults:
  docker_hub_org_token: { username: '\${env:OTHER}', password: '\${env:OTHER_PASSWORD}' }
  registry_token: { username: '\${env:OTHER}', token: '\${env:OTHER_PASSWORD}' }
tokens:
  - kind: docker_hub_org_token
    org: acme
    label: ci
    resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-pull] }]
    secret: [{ file: { path: secrets/ci.json } }]
  - { kind: registry_token, registry: team-a, name: ci-push, secret: discard }
  - { kind: registry_token, registry: team-b, name: ci-push, secret: discard }
`,
      { OTHER: user, OTHER_PASSWORD: 'emulator' },
      {
        seed: {
          docker_hub: {
            users: [{ name: user.toLowerCase(), password: 'emulator' }],
            organizations: [{ name: 'acme', owners: [user.toLowerCase()] }],
          },
          ionos: { registries: [{ name: 'team-a' }] },
        },
        hubQuirks: { createdBy: true },
        // IONOS tells who made a token; Docker Hub does by itself.
        rewrite: (text) => text.replaceAll('"emulator"', JSON.stringify(user.toUpperCase())),
      },
    );
    const applied = await run('apply', '--yes', '--keep-going', '--format', 'json', '--log-level', 'debug');
    const { results } = JSON.parse(applied.stdout);
    expect(results.map(({ status }: { status: string }) => status)).toEqual(['applied', 'applied', 'failed']);
    const alias = expect.stringMatching(/^account [0-9a-f]{12}$/);
    expect(results[0].docker_hub_org_token.created_by).toEqual(alias);
    expect(results[1].registry_token.metadata.created_by).toEqual(alias);
    await run('audit', '--org', 'acme');
    const all = await everything();
    expect(all).not.toContain(user.toLowerCase());
  });
});

test('a fingerprint by reference is not shown by the error of a certificate that has another', async () => {
  const key = 'AB12'.repeat(16);
  const certificate = await createCertificate();
  const emulator = createEmulator({ seed: parseSeed(JSON.stringify(seed)) });
  const port = await serveTls(certificate, emulator.fetch);
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, certificate_fingerprint: '\${env:HEX_KEY}', secret: discard }
`,
  });
  const env = {
    IONOS_API_URL: `https://localhost:${port}`,
    IONOS_TOKEN: 'emulator',
    NODE_EXTRA_CA_CERTS: certificate.file,
    HEX_KEY: key,
  };
  for (const args of [['plan'], ['plan', '--format', 'json'], ['doctor'], ['plan', '--log-level', 'debug']]) {
    const { code, stdout, stderr } = await reconcile(args, { cwd, env });
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/fingerprint\s+is/);
    expect((stdout + stderr).toLowerCase().replace(/\s+/g, '')).not.toContain(key.toLowerCase());
  }
});
