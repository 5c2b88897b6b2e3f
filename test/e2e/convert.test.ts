import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { make, play, remove } from '../convert/fixtures.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const example = (name: string): Promise<string> =>
  readFile(new URL(`../convert/examples/${name}`, import.meta.url), 'utf8');

test.each(['registry-token.yml', 'play.yml'])('what becomes of %s is a valid manifest', async (name) => {
  const cwd = await folderWith({ [name]: await example(name), 'out/secrets/.keep': '' });
  const { code, stdout, stderr } = await reconcile(['convert', name], { cwd });
  expect(code).toBe(0);
  // What is left to do stands in the manifest, and is told.
  const told = stderr.split('\n').filter((line) => line.startsWith(name));
  expect(told.length).toBeGreaterThan(3);
  expect(stdout.match(/^# - /gm)).toHaveLength(told.length);
  const validated = await reconcile(['validate', '-'], { cwd, stdin: stdout });
  expect(validated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Valid: (?:1 token|5 tokens)/) });
});

test('as JSON, with what is left; and --strict fails where something is', async () => {
  const cwd = await folderWith({ 'play.yml': await example('play.yml') });
  const { code, stdout } = await reconcile(['convert', 'play.yml', '--format', 'json', '--strict'], { cwd });
  expect(code).toBe(1);
  const { tokens, left, notes } = JSON.parse(stdout);
  expect(tokens).toHaveLength(5);
  expect(left[0]).toEqual({ message: expect.any(String), source: { file: 'play.yml', line: 8, column: 3 } });
  expect(notes).toEqual([expect.stringContaining('Extra vars (-e)')]);
});

test('what extra vars may override is said once, at the top', async () => {
  const cwd = await folderWith({
    'play.yml': play(make('"{{ a }}-{{ b }}"') + remove('"{{ a }}"'), 'vars: { a: x, b: y }\n'),
  });
  const { stdout, stderr } = await reconcile(['convert', 'play.yml'], { cwd });
  const [head = ''] = stdout.split('apiVersion');
  expect(head.match(/Extra vars/g)).toHaveLength(1);
  expect(head).toMatch(/files define them: a, b\./);
  expect(stderr).toMatch(/^Variables are used .*: a, b\. Extra vars/m);
});

test.each([
  { files: {}, says: /missing\.yml: no such file or directory/ },
  { files: { 'missing.yml': '- debug: { msg: hello }\n' }, says: /no task uses a module/ },
  { files: { 'missing.yml': '' }, says: /no task uses a module/ },
])('without any task there is an error, and no manifest: $says', async ({ files, says }) => {
  const cwd = await folderWith(files);
  const { code, stdout, stderr } = await reconcile(['convert', 'missing.yml'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(says);
});

test.each([
  { text: '- name: x\n- { a: ]\n', place: 'a.yml:2:8' },
  { text: '- name: Create\n    registry_token:\n        registry: x\n', place: 'a.yml:1:9' },
  { text: Buffer.from('- name: x\n- name: "\xe4"\n', 'latin1'), place: 'a.yml:2:10' },
])('a file that is no YAML: exit 1, one located error, and no manifest: $place', async ({ text, place }) => {
  const cwd = await folderWith({ 'good.yml': make('ci') });
  await writeFile(join(cwd, 'a.yml'), text);
  const { code, stdout, stderr } = await reconcile(['convert', 'good.yml', 'a.yml'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${place}: error: not (?:a YAML file: |UTF-8)`));
  expect(stderr).not.toContain('\\u000a');
  const json = await reconcile(['convert', 'good.yml', 'a.yml', '--format', 'json'], { cwd });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout).errors).toEqual([
    expect.objectContaining({ code: 'MANIFEST_SYNTAX', source: expect.objectContaining({ file: 'a.yml' }) }),
  ]);
});

/** Converts a playbook and applies what it has become. */
async function convertAndApply(text: string, seed: string) {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'play.yml': text, 'secrets/.gitignore': '*\n' });
  const converted = await reconcile(['convert', 'play.yml'], { cwd });
  await writeFile(join(cwd, 'tokens.yaml'), converted.stdout);
  const applied = await reconcile(['apply', 'tokens.yaml', '-y', '--max-deletes', '100%'], {
    cwd,
    env: { ...emulator.env, ...emulator.hubEnv },
  });
  expect(applied, applied.stderr).toMatchObject({ code: 0 });
  return { emulator, ...converted };
}

const registry = (...names: readonly string[]): string => `
ionos:
  registries:
    - { name: team-a, tokens: [${names.map((name) => `{ name: ${name}, status: enabled }`).join(', ')}] }
`;

describe('the examples of the modules’ documentation, applied, end as the playbooks do', () => {
  test.each([{ before: [] }, { before: ['testRegistryToken', 'bystander'] }])(
    'a registry token made, changed and deleted, after $before',
    async ({ before }) => {
      const { emulator } = await convertAndApply(
        await example('registry-token-result.yml'),
        registry(...before),
      );
      expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(
        before.filter((name) => name === 'bystander'),
      );
    },
  );

  test('a registry token made and changed', async () => {
    const text = (await example('registry-token-result.yml')).replace(/\n {4}- name: Delete.*$/s, '\n');
    const { emulator } = await convertAndApply(text, registry());
    expect(emulator.tokens('team-a')).toEqual([
      expect.objectContaining({
        name: 'testRegistryToken',
        status: 'disabled',
        scopes: [
          {
            type: 'repository',
            name: 'nume',
            actions: expect.toSatisfy((all: string[]) => all.length === 3),
          },
        ],
      }),
    ]);
  });

  test('a personal token made, changed and deleted: one of the same label that was there before stays', async () => {
    const seed = `
docker_hub:
  users:
    - name: emulator
      tokens: [{ token_label: Ansible Managed Token, scopes: [repo:admin] }]
`;
    const { emulator, stderr } = await convertAndApply(await example('docker-hub-personal-token.yml'), seed);
    expect(writes(emulator).filter((request) => request.includes('access-tokens'))).toEqual([]);
    expect(stderr).toMatch(/^play\.yml:23:\d+: warning: .*creates it and this task deletes it again/m);
  });

  test('a personal token made and switched off', async () => {
    const text = (await example('docker-hub-personal-token.yml')).replace(/\n- name: delete.*$/s, '\n');
    const { emulator } = await convertAndApply(text, 'docker_hub: {}\n');
    expect(emulator.hub.personalTokens('emulator')).toEqual([
      expect.objectContaining({
        label: 'Ansible Managed Token',
        active: false,
        scopes: ['repo:admin'],
      }),
    ]);
  });

  test('tasks that only read', async () => {
    const text = `
- community.missing_collection.docker_hub_token: { username: u, password: p }
  register: '__'
- community.missing_collection.docker_hub_personal_token_info: { token: '{{ __.token }}' }
  register: '__all'
- ionoscloudsdk.ionoscloud.registry_token_info: { registry: team-a }
`;
    const { emulator, stderr } = await convertAndApply(text, registry('a'));
    expect(writes(emulator)).toEqual([]);
    expect(stderr.match(/only reads tokens/g)).toHaveLength(2);
  });
});

test('a playbook with every trap, applied, deletes and changes nothing that it would not', async () => {
  const names = ['certain', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'made'].map(
    (name) => `ci-${name}`,
  );
  const text = play(
    [
      make('ci-made', 'register: made'),
      remove('ci-certain'),
      remove('ci-made', 'tags: [never, cleanup]'),
      remove('ci-a', 'when: cleanup'),
      remove('ci-b', 'check_mode: true'),
      `- block: [{ debug: {} }]\n  rescue:\n    ${remove('ci-c')}`,
      `- when: cleanup\n  block:\n    ${remove('ci-d')}`,
      remove('"{{ prompted }}"'),
      remove('"{{ maybe | default(\'ci-e\') }}"'),
      '- set_fact: { victim: ci-x }\n',
      remove('"{{ victim }}"'),
      '- { stat: { path: x }, register: other }\n',
      remove('"{{ other }}"'),
      '- registry_token: { registry: team-a, registry_token: ci-h, state: update, status: "{{ s }}", stat: x }\n',
      '- registry_token: { registry: team-a, registry_token: ci-l, state: absent, username: other }\n',
      `- { environment: { IONOS_TOKEN: other }, ${remove('ci-m').slice(4)}`,
      '- assert: { that: [safe] }\n',
      remove('ci-i'),
    ].join(''),
    `vars: { victim: ci-f, prompted: ci-j, other: ci-g }\nvars_prompt: [{ name: prompted }]\nhandlers:\n  ${remove('ci-k')}`,
  );
  const { emulator, stderr } = await convertAndApply(text, registry(...names));
  expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(
    names.filter((name) => name !== 'ci-certain'),
  );
  expect(writes(emulator)).toHaveLength(1);
  // Each trap is reported with its line.
  expect(stderr.match(/^play\.yml:\d+:\d+: warning: .*not converted/gm)).toHaveLength(14);
});
