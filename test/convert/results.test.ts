import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { convertTasks } from '../../src/convert/convert.ts';
import { converted, play } from './fixtures.ts';

const example = (name: string): Promise<string> =>
  readFile(new URL(`examples/${name}`, import.meta.url), 'utf8');
const entriesOf = (text: string) =>
  convertTasks([{ file: 'play.yml', text }]).entries.map(({ values }) => values);

describe('the examples of the modules’ documentation that use results', () => {
  test('a registry, and its token made, changed and deleted: one entry', async () => {
    const { entries, left } = converted(await example('registry-token-result.yml'));
    expect(entries).toEqual(['absent registry_token:team-a/testRegistryToken']);
    expect(left).toEqual([
      expect.stringMatching(/^19: a later task \(line 41\) changes /),
      expect.stringMatching(/^36: the task only reads tokens/),
      expect.stringMatching(/^41: a later task \(line 56\) changes /),
    ]);
  });

  test('without the delete it is as the update leaves it', async () => {
    const text = (await example('registry-token-result.yml')).replace(/\n {4}- name: Delete.*$/s, '\n');
    expect(entriesOf(text)).toEqual([
      {
        kind: 'registry_token',
        registry: 'team-a',
        name: 'testRegistryToken',
        scopes: [{ type: 'repository', name: 'nume', actions: ['pull', 'push', 'delete'] }],
        status: 'disabled',
        secret: [{ file: { path: 'secrets/testRegistryToken.json' } }],
      },
    ]);
  });

  test('a personal token made, switched off and deleted: no entry, which would delete another of this label', async () => {
    const { entries, left } = converted(await example('docker-hub-personal-token.yml'));
    expect(entries).toEqual([]);
    expect(left.at(-1)).toMatch(
      /^23: .*Ansible Managed Token: line 7 creates it and this task deletes it again/,
    );
  });

  test('without the delete it is one entry, switched off', async () => {
    const text = (await example('docker-hub-personal-token.yml')).replace(/\n- name: delete.*$/s, '\n');
    expect(entriesOf(text)).toEqual([
      {
        kind: 'docker_hub_personal_token',
        token_label: 'Ansible Managed Token',
        scopes: ['repo:admin'],
        is_active: false,
        secret: [{ file: { path: 'secrets/Ansible-Managed-Token.json' } }],
      },
    ]);
  });
});

const created = (more = '') =>
  `- { docker_hub_personal_token: { token: t, token_label: ci, scopes: [repo:read] }, register: made${more} }\n`;
const task = (options: string, more = '') =>
  `- { docker_hub_personal_token: { token: t, ${options} }${more} }\n`;

test.each([
  '{{ made.result.uuid }}',
  "{{ made['result']['uuid'] }}",
  "{{ made.result['uuid'] }}",
  '{{made.result.uuid}}',
])('the result is known however it is written: %s', (uuid) => {
  const { entries } = converted(created() + task(`command: update, uuid: "${uuid}", token_label: renamed`));
  expect(entries).toEqual(['present docker_hub_personal_token:renamed']);
});

test('an update switches a token on unless it says otherwise, as the module does', () => {
  const update = (more: string) => task(`command: update, uuid: "{{ made.result.uuid }}"${more}`);
  const [value] = entriesOf(created() + update(', is_active: false') + update(', token_label: later'));
  expect(value).toMatchObject({ token_label: 'later', is_active: true });
  expect(entriesOf(created() + update(', token_label: later'))[0]).not.toHaveProperty('is_active');
});

test('of two tokens with one label, the one is deleted whose result is named', () => {
  const two = created() + created().replace('made', 'second').replace('repo:read', 'repo:admin');
  const { entries } = convertTasks([
    { file: 'play.yml', text: two + task('command: delete, uuid: "{{ made.result.uuid }}"') },
  ]);
  expect(entries.map(({ values }) => values)).toMatchObject([{ token_label: 'ci', scopes: ['repo:admin'] }]);
  // A manifest has one token of a label.
  expect(converted(two).entries).toEqual(['present docker_hub_personal_token:ci']);
  expect(converted(two).left).toEqual([expect.stringMatching(/^2: .*another task declares it already/)]);
});

test('results of a loop are followed by another loop', () => {
  const loop =
    '- { registry_token: { registry: team-a, name: "{{ item }}" }, loop: [a, b], register: made }\n';
  const use = (name: string) =>
    `- { registry_token: { registry: team-a, registry_token: "${name}", state: absent }, loop: "{{ made.results }}" }\n`;
  const gone = ['absent registry_token:team-a/a', 'absent registry_token:team-a/b'];
  for (const name of [
    '{{ item.registry_token.properties.name }}',
    '{{ item.registry_token.id }}',
    '{{ item.item }}',
  ]) {
    expect(converted(loop + use(name)).entries, name).toEqual(gone);
  }
  const second =
    '- registry_token: { registry: team-a, registry_token: "{{ made.results[1].registry_token.id }}", state: absent }\n';
  expect(converted(loop + second).entries).toEqual(['present registry_token:team-a/a', gone[1]]);
});

describe('a result that is not known leaves the task out', () => {
  const use = task('command: delete, uuid: "{{ made.result.uuid }}"');
  const name =
    '- registry_token: { registry: team-a, registry_token: "{{ made.registry_token.properties.name }}", state: absent }\n';
  test.each([
    ['of a task that might not run', created(', when: x') + use],
    ['of a task that is not converted', `- { registry_token: registry=a name=b, register: made }\n${name}`],
    ['of a task in the background', created(', async: 60, poll: 0') + use],
    ['of a task in another file', use],
    ['of a name that another task takes', `${created()}- { command: ls, register: made }\n${use}`],
    [
      'with a default for when it is missing',
      `${created(', when: x')}${task('command: delete, uuid: "{{ made.result.uuid | default(\'u-1\') }}"')}`,
    ],
    ['in a part of it', `${created()}${task('command: delete, uuid: "{{ made.result.id }}"')}`],
    ['in a text', `${created()}${task('command: delete, uuid: "x{{ made.result.uuid }}"')}`],
    [
      'of an update by ID',
      `- { registry_token: { registry: team-a, registry_token: some-id, state: update, status: disabled }, register: made }\n${name}`,
    ],
  ])('%s', (_, text) => {
    const { entries, left } = converted(text);
    expect(entries.join()).not.toContain('absent');
    expect(entries.length).toBeLessThan(2);
    expect(left.at(-1)).toMatch(/unknown token: the task is not converted|not converted/);
  });
});

describe('options of docker_hub_personal_token that the module does not send', () => {
  test.each([
    // It deletes by ID alone, and labels repeat.
    ['a delete by label', 'command: delete, token_label: ci', []],
    ['an update by label', 'command: update, token_label: ci, is_active: false', []],
    ['a create with an ID', 'command: create, token_label: ci, uuid: u-1', [{ token_label: 'ci' }]],
    ['a create that is switched off', 'token_label: ci, is_active: false', [{ token_label: 'ci' }]],
    [
      'an update of scopes',
      'command: update, uuid: u-1, scopes: [repo:admin]',
      [{ state: 'update', uuid: 'u-1' }],
    ],
    ['a state, which it does not have', 'token_label: ci, uuid: u-1, state: absent', []],
    ['an expiry, which it does not have', 'token_label: ci, expires_at: 2099-01-01T00:00:00Z', []],
  ])('%s', (_, options, expected) => {
    const { entries, left } = convertTasks([{ file: 'play.yml', text: task(options) }]);
    expect(entries.map(({ values }) => values)).toEqual(
      expected.map((values) => ({ kind: 'docker_hub_personal_token', ...values })),
    );
    expect(left.length).toBeGreaterThan(0);
  });

  test('a token of another account, or on another server, is not this one', () => {
    const login = (name: string, user: string) =>
      `- { docker_hub_token: { username: ${user}, password: p }, register: ${name} }\n`;
    const make = (token: string, label: string) =>
      `- docker_hub_personal_token: { token: "{{ ${token}.token }}", token_label: ${label} }\n`;
    const { entries, left } = converted(
      login('a', 'one') +
        login('b', 'two') +
        login('c', 'one') +
        make('a', 'x') +
        make('b', 'y') +
        make('c', 'z'),
    );
    expect(entries).toEqual(['present docker_hub_personal_token:x', 'present docker_hub_personal_token:z']);
    expect(left).toContainEqual(expect.stringMatching(/^5: token: another Docker Hub account/));
    expect(
      converted(task('url: "https://hub.example.com/v2/access-tokens/", command: delete, uuid: u-1')).entries,
    ).toEqual([]);
    expect(
      converted(task('url: "https://hub.docker.com/v2/access-tokens/", command: delete, uuid: u-1')).entries,
    ).toEqual(['absent docker_hub_personal_token:u-1']);
  });
});

describe('a rename of a token that the playbook makes', () => {
  const make = '- registry_token: { registry: team-a, name: a, status: enabled }\n';
  const rename = (more: string) =>
    `- registry_token: { registry: team-a, registry_token: a, name: b, state: update${more} }\n`;
  test('is the new token; the old one is not deleted by the manifest', () => {
    const { entries, left } = converted(play(make + rename(', allow_replace: true')));
    expect(entries).toEqual(['present registry_token:team-a/b']);
    expect(left).toEqual([expect.stringMatching(/^4: registry_token:team-a\/a: replaced by b/)]);
  });
  test('is refused by Ansible without allow_replace', () => {
    const { entries, left } = converted(play(make + rename('')));
    expect(entries).toEqual(['present registry_token:team-a/a']);
    expect(left).toEqual([expect.stringMatching(/^4: .*allow_replace is not true/)]);
  });
});
