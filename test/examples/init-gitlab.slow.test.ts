import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labProject, type PipelineRun } from './gitlab-project.ts';
import { credentials, entries, type Service, services, setUpInit, stateKey } from './starter.ts';

/** A project on GitLab with the variables of these services in its settings, and the services. */
const site = (of: readonly Service[], more: Readonly<Record<string, string>> = {}) =>
  setUpInit('gitlab', (machine) =>
    labProject({ ...credentials(of), ...machine, ...more }, { RECONCILE_STATE_KEY: stateKey }),
  );

function expectGreen({ jobs }: PipelineRun, names: readonly string[]): void {
  expect([...jobs.keys()]).toEqual(names);
  for (const [job, { code, stdout, stderr }] of jobs)
    expect({ job, code, stdout, stderr }).toMatchObject({ code: 0 });
}

describe.each(services)('what init --ci gitlab writes for %s', (service) => {
  test.each(['--adopt', '--no-adopt'])('is green from the first push on, with %s', async (adopt) => {
    const { init, push, propose, schedule, declare, changes, state } = await site([service]);
    expect((await init(service, adopt)).code).toBe(0);
    const first = await push();
    expectGreen(first, ['plan']);
    expect(first.jobs.get('plan')?.stdout).toContain('No policy is checked');
    expect(first.manual).toEqual(['apply']);
    expect((await first.play('apply')).code).toBe(0);
    expect(changes()).toEqual([]);

    await declare(entries[service]);
    expectGreen(await propose(), ['validate', 'plan']);
    const merged = await push();
    expectGreen(merged, ['plan']);
    expect(changes()).toEqual([]);
    expect(await merged.play('apply')).toMatchObject({ code: 0 });
    expect(changes()).toHaveLength(1);
    const files = await state();
    expect([...files.keys()]).toEqual(['README.md', 'custody.json']);
    expect(files.get('custody.json')).toContain('ci-push');
    expectGreen(await schedule(), ['drift']);
  });

  test('passes its own policy, which new tokens are held to', async () => {
    const policy = `${process.cwd()}/no-such-policy.yaml`;
    const { init, push, propose, declare, cwd } = await site([service], { REGISTRY_POLICY: policy });
    expect((await init(service, '--adopt')).code).toBe(0);
    expectGreen(await push(), ['plan']);
    const text = await readFile(join(cwd, 'policies/least-privilege.yaml'), 'utf8');
    const other = await site([service], { REGISTRY_POLICY: join(cwd, 'policies/least-privilege.yaml') });
    expect(text).toContain('broad');
    expect((await other.init(service, '--adopt')).code).toBe(0);
    expectGreen(await other.push(), ['plan']);
    await other.declare(
      entries[service].replace('name: app', "name: '*'").replace('repo:write', 'repo:admin'),
    );
    const { jobs } = await other.propose();
    expect([...jobs.values()].map(({ code }) => code)).toEqual([1, 1]);
    await declare(entries[service]);
    expectGreen(await propose(), ['validate', 'plan']);
  });
});

test('a second service needs no other file, and all variables are listed', async () => {
  const { init, push, declare } = await site(services);
  expect((await init('ionos')).code).toBe(0);
  const { stdout, stderr } = await init('docker-hub');
  expect(stderr).toContain('.gitlab-ci.yml already exists: not changed.');
  const listed = [...stdout.matchAll(/^ {2}(variable|environment) +(\S+)/gm)].map(([, , name]) => name);
  expect(listed).toEqual([
    'IONOS_TOKEN',
    'DOCKER_HUB_USERNAME',
    'DOCKER_HUB_PASSWORD',
    'RECONCILE_STATE_KEY',
    'REGISTRY_POLICY',
    'registry-tokens',
  ]);
  await declare(entries.ionos);
  await declare(entries['docker-hub'].replace('ci-push.json', 'hub.json'), 'tokens/docker-hub.yaml');
  const pushed = await push();
  expectGreen(pushed, ['plan']);
  expect((await pushed.play('apply')).code).toBe(0);
});
