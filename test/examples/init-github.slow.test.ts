import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Finish, hubRepository } from './github-repository.ts';
import { codes } from './recipe.ts';
import { credentials, entries, type Service, services, setUpInit, stateKey } from './starter.ts';

/** A repository on GitHub with the secrets that the workflows need in its settings, and the services. */
const site = (of: readonly Service[]) =>
  setUpInit('github', (machine) =>
    hubRepository({ ...credentials(of), RECONCILE_STATE_KEY: stateKey }, machine),
  );

/** Expects jobs to be green, in this order. */
function expectGreen(finished: readonly Finish[], jobs: readonly string[]): void {
  expect(finished.map(({ job }) => job)).toEqual(jobs);
  for (const { ran } of finished) {
    for (const [step, { code, stderr, stdout }] of ran)
      expect({ step, code, stderr, stdout }).toMatchObject({ code: 0 });
  }
}

describe.each(services)('what init --ci github writes for %s', (service) => {
  test.each(['--adopt', '--no-adopt'])('is green from the first push on, with %s', async (adopt) => {
    const { init, push, propose, merge, schedule, declare, changes, comments, state } = await site([service]);
    expect((await init(service, adopt)).code).toBe(0);
    const first = await push();
    expectGreen(first, ['reviewed', 'apply']);
    expect(first.at(-1)?.environment).toBe('registry-tokens-unreviewed');
    expect(changes()).toEqual([]);

    await declare(entries[service]);
    expectGreen(await propose(), ['plan']);
    const [comment] = await comments();
    expect(comment?.body).toContain('ci-push');
    expect(changes()).toEqual([]);

    const merged = await merge();
    expectGreen(merged, ['reviewed', 'apply']);
    expect(merged.at(-1)?.environment).toBe('registry-tokens');
    expect(changes()).toHaveLength(1);
    const files = await state();
    expect([...files.keys()]).toEqual(['README.md', 'custody.json']);
    expect(files.get('custody.json')).toContain('ci-push');
    expectGreen(await schedule(), ['drift']);
  });

  test('is green as the first pull request, whose base has no policy, and is applied as it was reviewed', async () => {
    const { init, propose, merge, changes, declare } = await site([service]);
    expect((await init(service, '--adopt')).code).toBe(0);
    await declare(entries[service]);
    const proposed = await propose();
    expectGreen(proposed, ['plan']);
    expect(proposed[0]?.ran.get('Plan')?.stdout).toContain(
      'The base branch has no policies/least-privilege.yaml',
    );
    const merged = await merge();
    expectGreen(merged, ['reviewed', 'apply']);
    expect(merged.at(-1)?.environment).toBe('registry-tokens');
    expect(changes()).toHaveLength(1);
  });

  test('holds new tokens to the policy, and lets those pass that were adopted', async () => {
    const { init, push, propose, declare, changes } = await site([service]);
    expect((await init(service, '--adopt')).code).toBe(0);
    expectGreen(await push(), ['reviewed', 'apply']);
    await declare(entries[service].replace('name: app', "name: '*'").replace('repo:write', 'repo:admin'));
    const [plan] = await propose();
    expect(plan?.ran.get('Plan')?.code).toBe(1);
    expect(plan?.ran.get('Plan')?.stderr).toContain('policy: least privilege');
    expect(plan?.ran.get('Plan')?.stderr).not.toContain('broad');
    expect(changes()).toEqual([]);
  });

  test('applies nothing but what the pull request has shown', async () => {
    const { init, push, propose, merge, declare, changes, emulator } = await site([service]);
    expect((await init(service, '--adopt')).code).toBe(0);
    expectGreen(await push(), ['reviewed', 'apply']);
    await declare(entries[service]);
    expectGreen(await propose(), ['plan']);
    // In the meantime a token that the manifests declare was deleted by hand.
    const [token] = service === 'ionos' ? emulator.tokens('my-registry') : [];
    const [personal] = service === 'ionos' ? [] : emulator.hub.personalTokens('emulator');
    if (token) emulator.deleteAs('my-registry', token.id);
    if (personal) emulator.hub.personal.deleteAs('emulator', personal.id);
    const merged = await merge();
    expect(codes(merged.at(-1)?.ran ?? new Map())).toContain(3);
    expect(changes()).toEqual([]);
  });
});

describe('init for a second service', () => {
  test.each(['--adopt', '--no-adopt'])('extends unedited workflows, with %s', async (adopt) => {
    const { init, push, propose, merge, declare, schedule, changes, cwd } = await site(services);
    expect((await init('ionos', adopt)).code).toBe(0);
    expectGreen(await push(), ['reviewed', 'apply']);
    const second = await init('docker-hub', adopt, '--format', 'json');
    expect(JSON.parse(second.stdout).changed.filter((path: string) => path.startsWith('.github'))).toEqual(
      ['plan', 'apply', 'drift'].map((name) => `.github/workflows/tokens-${name}.yaml`),
    );
    if (adopt === '--adopt') {
      // The adopted token breaks the policy of the base branch until that lets it pass.
      expect(second.stderr).toContain('push that file there first');
      expectGreen(await push(), ['reviewed', 'apply']);
    }
    await declare(entries.ionos);
    await declare(entries['docker-hub'].replace('ci-push.json', 'hub.json'), 'tokens/docker-hub.yaml');
    expectGreen(await propose(), ['plan']);
    expectGreen(await merge(), ['reviewed', 'apply']);
    expect(changes()).toHaveLength(2);
    expectGreen(await schedule(), ['drift']);
    // Once more, it has nothing to do.
    expect(JSON.parse((await init('docker-hub', '--no-adopt', '--format', 'json')).stdout)).toMatchObject({
      written: [],
      changed: [],
    });
    expect(await readFile(join(cwd, '.github/workflows/tokens-plan.yaml'), 'utf8')).toContain('IONOS_TOKEN');
  });

  test('keeps a workflow that was edited, and reports the secrets that it lacks', async () => {
    const { init, cwd } = await site(services);
    expect((await init('ionos')).code).toBe(0);
    const path = join(cwd, '.github/workflows/tokens-plan.yaml');
    const edited = (await readFile(path, 'utf8')).replace('timeout-minutes: 30', 'timeout-minutes: 5');
    await writeFile(path, edited);
    const { code, stdout, stderr } = await init('docker-hub');
    expect(code).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(edited);
    expect(stderr).toContain(
      ".github/workflows/tokens-plan.yaml was edited or not written by init, so init doesn't change it. It doesn't pass DOCKER_HUB_USERNAME, DOCKER_HUB_PASSWORD",
    );
    expect(stderr).not.toContain('tokens-apply.yaml was edited or');
    expect(stdout).toContain('  ~ .github/workflows/tokens-apply.yaml');
    // The other order of services, and a checkout with other ends of lines.
    const other = await site(services);
    expect((await other.init('docker-hub')).code).toBe(0);
    const plan = join(other.cwd, '.github/workflows/tokens-plan.yaml');
    await writeFile(plan, (await readFile(plan, 'utf8')).replaceAll('\n', '\r\n'));
    expect((await other.init('ionos')).stdout).toContain('  ~ .github/workflows/tokens-plan.yaml');
    expect(await readFile(plan, 'utf8')).toMatch(/ IONOS_TOKEN: .*\n +DOCKER_HUB_USERNAME: /);
  });
});

test.each([
  { of: ['ionos'] as const, names: ['IONOS_TOKEN'] },
  { of: ['docker-hub'] as const, names: ['DOCKER_HUB_USERNAME', 'DOCKER_HUB_PASSWORD'] },
  { of: services, names: ['IONOS_TOKEN', 'DOCKER_HUB_USERNAME', 'DOCKER_HUB_PASSWORD'] },
])('at the end, all settings that the workflows read are listed: $of', async ({ of, names }) => {
  const { init, cwd } = await site(of);
  let stdout = '';
  for (const service of of) ({ stdout } = await init(service));
  const listed = [...stdout.matchAll(/^ {2}(secret|environment) +(\S+)/gm)].map(
    ([, type, name]) => `${type} ${name}`,
  );
  expect(listed.sort()).toEqual(
    [
      ...[...names, 'RECONCILE_STATE_KEY', 'SECRETS_WRITER'].map((name) => `secret ${name}`),
      ...['registry-tokens', 'registry-tokens-unreviewed', 'registry-tokens-drift'].map(
        (name) => `environment ${name}`,
      ),
    ].sort(),
  );
  const texts = await Promise.all(
    ['plan', 'apply', 'drift'].map((name) =>
      readFile(join(cwd, `.github/workflows/tokens-${name}.yaml`), 'utf8'),
    ),
  );
  const read = texts
    .join('')
    .match(/(?<=\bsecrets\.)\w+|(?<=environment: )[\w-]+$|(?<=')registry-tokens[\w-]*(?=')/gm);
  expect([...new Set(read)].sort()).toEqual(listed.map((line) => line.replace(/^\w+ /, '')).sort());
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
