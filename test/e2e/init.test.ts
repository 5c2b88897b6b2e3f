import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = `ionos: { registries: [{ name: team-a, tokens: [{ name: one, expiryDate: 2099-01-01T00:00:00Z }] }] }
docker_hub: { users: [{ name: emulator, tokens: [{ token_label: two, scopes: [repo:read] }] }] }`;

const broad = `ionos: { registries: [{ name: team-a, tokens: [{ name: one, scopes: [
  { type: repository, name: '*', actions: [pull] }] }] }] }`;

async function site(files: Readonly<Record<string, string>> = {}, seeded = seed) {
  const emulator = await servedEmulator(seeded);
  const cwd = await folderWith(files);
  const env = { ...emulator.env, ...emulator.hubEnv };
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env });
  const text = (path: string): Promise<string> => readFile(join(cwd, path), 'utf8');
  return { emulator, cwd, env, run, text };
}

describe('init', () => {
  test.each(['ionos', 'docker-hub'])(
    'adopts what is there (%s): the plan after it is empty',
    async (service) => {
      const { emulator, run, text } = await site();
      expect((await run('init', '--service', service, '--adopt', '--ci', 'github')).code).toBe(0);
      expect(await text('tokens/tokens.yaml')).toMatch(
        /^# yaml-language-server: \$schema=manifest\.schema\.json\n/,
      );
      const plan = await run('plan', 'tokens', '--detailed-exitcode');
      expect(plan).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('No changes. Tokens match the manifests. 1 unchanged.'),
      });
      expect(
        (await run('validate', 'tokens', '--policy', 'policies/least-privilege.yaml')).stderr,
      ).not.toMatch(/can't be read/);
      for (const name of ['plan', 'apply', 'drift']) {
        expect(await text(`.github/workflows/tokens-${name}.yaml`)).toContain(
          `reconcile ${name === 'drift' ? 'plan' : name}`,
        );
      }
      expect(writes(emulator).filter((write) => !write.endsWith('/auth/token'))).toEqual([]);
    },
  );

  test.each(['github', 'gitlab'])(
    'adopts the tokens of all kinds of a service (pipeline on %s)',
    async (ci) => {
      const project = {
        path: 'team/app',
        deploy_tokens: [{ name: 'one', expires_in: '90d' }],
        access_tokens: [{ name: 'two', expires_in: '90d' }],
      };
      const { emulator, cwd } = await site({}, JSON.stringify({ gitlab: { projects: [project] } }));
      const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.gitlabEnv });
      const init = ['init', '--service', 'gitlab', '--adopt', '--ci', ci];
      const { code, stdout, stderr } = await run(...init);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringContaining('2 live tokens.'),
      });
      expect(stdout).toMatch(/GITLAB_URL +optional: the address, if not https:..gitlab.com$/m);
      expect(stdout).toContain('GITLAB_TOKEN');
      expect(await run('plan', 'tokens', '--detailed-exitcode')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('No changes. Tokens match the manifests. 2 unchanged.'),
      });
      expect((await run(...init)).stderr).toContain(
        'reconcile export --kind gitlab_deploy_token --kind gitlab_access_token prints entries',
      );
      expect(writes(emulator)).toEqual([]);
    },
  );

  test.each([
    ['ionos', 'GET /containerregistries/registries'],
    ['docker-hub', 'GET /v2/access-tokens'],
  ])('checks the credentials with one read (%s)', async (service, read) => {
    const { emulator, run } = await site();
    expect((await run('init', '--service', service)).stderr).toBe('The credentials work.\n');
    const reads = emulator.requests.filter(({ method }) => method === 'GET');
    expect(reads.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([read]);
  });

  test('begins with an example otherwise, which is one once its comments are gone', async () => {
    const { cwd, run, text } = await site();
    expect((await run('init', '--service', 'ionos')).code).toBe(0);
    expect(await run('validate', 'tokens')).toMatchObject({ code: 0, stdout: 'Valid: 0 tokens.\n' });
    const manifest = await text('tokens/tokens.yaml');
    const filled = manifest.replace('tokens: []', 'tokens:').replaceAll(/^#(?= {2})/gm, '');
    await writeFile(join(cwd, 'tokens/tokens.yaml'), filled);
    expect(await run('validate', 'tokens')).toMatchObject({
      code: 0,
      stdout: 'Valid: 1 token.\n',
      stderr: '',
    });
    await expect(stat(join(cwd, '.github'))).rejects.toThrow();
  });

  test('writes over nothing, and adds to .gitignore what it lacks', async () => {
    const mine = {
      'tokens/tokens.yaml': '# each registry_token of mine\n',
      '.gitignore': 'node_modules/\r\ntokens/secrets/*',
      '.gitlab-ci.yml': 'mine\n',
    };
    const { run, text } = await site(mine);
    const { code, stdout, stderr } = await run('init', '--service', 'ionos', '--ci', 'gitlab');
    expect(code).toBe(0);
    expect(stderr).toContain('tokens/tokens.yaml already exists: not changed.');
    expect(stdout).not.toContain('.gitlab-ci.yml');
    expect(await text('tokens/tokens.yaml')).toBe('# each registry_token of mine\n');
    expect(await text('.gitlab-ci.yml')).toBe('mine\n');
    expect(await text('.gitignore')).toBe(
      'node_modules/\r\ntokens/secrets/*\n!tokens/secrets/.gitignore\n.reconcile/\n',
    );
    const before = await text('.gitignore');
    expect((await run('init', '--service', 'ionos')).code).toBe(0);
    expect(await text('.gitignore')).toBe(before);
  });

  test('what is there in another encoding stays as it is, byte for byte', async () => {
    const { cwd, run } = await site();
    const mine = Buffer.from('caf\xe9/\r\n', 'latin1');
    await writeFile(join(cwd, '.gitignore'), mine);
    expect((await run('init', '--service', 'ionos')).code).toBe(0);
    expect((await readFile(join(cwd, '.gitignore'))).subarray(0, mine.length)).toEqual(mine);
  });

  test('the pipeline gets the credentials of its service', async () => {
    const { run, text } = await site();
    await run('init', '--service', 'docker-hub', '--ci', 'github');
    for (const name of ['plan', 'apply', 'drift']) {
      const workflow = await text(`.github/workflows/tokens-${name}.yaml`);
      expect(workflow).toMatch(/^ +DOCKER_HUB_PASSWORD: \$\{\{ secrets\.DOCKER_HUB_PASSWORD \}\}$/m);
      expect(workflow).not.toContain('secrets.IONOS_TOKEN');
    }
  });

  test.each([
    {
      ci: 'github',
      path: '.github/workflows/tokens-apply.yaml',
      store: 'gh secret set RECONCILE_STATE_KEY -e',
    },
    { ci: 'gitlab', path: '.gitlab-ci.yml', store: 'glab variable set RECONCILE_STATE_KEY' },
  ])(
    'names the commands that create and store the key of the state, once ($ci)',
    async ({ ci, path, store }) => {
      const { cwd, run, text } = await site();
      const first = await run('init', '--service', 'ionos', '--ci', ci);
      expect(first.stdout).toContain('\n  reconcile state key --out ~/state.key\n');
      expect(first.stdout).toContain(store);
      expect(await text(path)).toMatch(/^ +RECONCILE_STATE: git:/m);
      for (const line of first.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      // The key is in no file of the repository.
      const files = await readdir(cwd, { recursive: true, withFileTypes: true });
      for (const file of files.filter((one) => one.isFile())) {
        expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('AGE-SECRET-KEY-');
      }
      // A second key would make secrets unreadable that are encrypted to the first one.
      const second = await run('init', '--service', 'docker-hub', '--ci', ci);
      expect(second.stdout).toContain('RECONCILE_STATE_KEY');
      expect(second.stdout).not.toContain('reconcile state key');
    },
  );

  test.each([
    {
      why: 'the remote says',
      files: { '.git/refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/release/1.x\n' },
      branch: 'release/1.x',
    },
    { why: 'is checked out', files: { '.git/HEAD': 'ref: refs/heads/master\n' }, branch: 'master' },
    {
      why: 'is usual, if another one is checked out',
      files: { '.git/HEAD': 'ref: refs/heads/feature\n' },
      branch: 'main',
    },
  ])('workflows are for the default branch: the one that $why', async ({ files, branch }) => {
    const { run, text } = await site(files);
    expect((await run('init', '--service', 'ionos', '--ci', 'github')).code).toBe(0);
    const apply = await text('.github/workflows/tokens-apply.yaml');
    expect(apply).toContain(`branches: ["${branch}"]`);
    expect(apply).toContain(`if: github.ref == 'refs/heads/${branch}'`);
    expect(await text('.github/workflows/tokens-plan.yaml')).toContain(`branches: ["${branch}"]`);
  });

  test('a second service gets a file of its own, the same one nothing', async () => {
    const { run, text } = await site();
    const init = (service: string) => run('init', '--service', service, '--adopt');
    expect((await init('ionos')).code).toBe(0);
    expect((await init('docker-hub')).stdout).toContain('Next: review tokens/docker-hub.yaml');
    expect(await text('tokens/docker-hub.yaml')).toContain('kind: docker_hub_personal_token');
    expect((await init('ionos')).stderr).toContain('reconcile export --kind registry_token prints');
    expect(await run('plan', 'tokens')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No changes. Tokens match the manifests. 2 unchanged.'),
    });
  });

  test('says what the pipeline will not like about the tokens that are there, and where it is not run', async () => {
    const { cwd, env } = await site({ '.git/HEAD': '' }, broad);
    const sub = join(cwd, 'sub');
    await mkdir(sub);
    expect((await reconcile(['init', '--service', 'ionos', '--adopt'], { cwd: sub, env })).code).toBe(0);
    const init = await reconcile(['init', '--service', 'ionos', '--ci', 'github'], { cwd: sub, env });
    expect(init.stderr).toMatch(
      /\d+ problems? with policies.*\.\nTo see them, run reconcile validate tokens --policy/,
    );
    expect(init.stderr).toContain('Not a repository root. Move .github/ to the root');
    const validate = ['validate', 'tokens', '--policy', 'policies/least-privilege.yaml'];
    expect((await reconcile(validate, { cwd: sub, env })).code).toBe(1);
  });

  test('without working credentials, or anybody to ask, nothing is written', async () => {
    const { cwd, env, run } = await site();
    const refused = await reconcile(['init', '--service', 'ionos'], {
      cwd,
      env: { ...env, IONOS_TOKEN: 'bad' },
    });
    expect(refused.code).toBe(1);
    const asked = await run('init');
    expect(asked.code).toBe(1);
    expect(asked.stderr).toMatch(/--service ionos or --service docker-hub/);
    await expect(stat(join(cwd, 'tokens'))).rejects.toThrow();
    await expect(stat(join(cwd, '.gitignore'))).rejects.toThrow();
  });
});
