import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { convertTasks } from '../../src/convert/convert.ts';
import { resolveTemplate } from '../../src/convert/template.ts';
import type { Value } from '../../src/convert/value.ts';

const one = (text: string) => {
  const { entries, left } = convertTasks([{ file: 'play.yml', text }]);
  return { values: entries.map(({ values }) => values), left: left.map(({ message }) => message) };
};
const example = (name: string): Promise<string> =>
  readFile(new URL(`examples/${name}`, import.meta.url), 'utf8');

describe('the examples of the modules’ documentation', () => {
  test('registry_token: made, changed and deleted', async () => {
    const text = await example('registry-token.yml');
    const { values, left } = one(text.replace('status: disbled', 'status: disbled\n    state: update'));
    expect(values).toMatchObject([
      {
        kind: 'registry_token',
        registry: 'RegistryName',
        name: 'test-registry-token',
        scopes: [{ type: 'repository', name: 'repo1', actions: ['pull', 'push', 'delete'] }],
        status: 'enabled',
        expiry_date: '2099-06-24T14:04:10Z',
        secret: [{ file: { path: 'secrets/test-registry-token.json' } }],
      },
      { state: 'update', registry_token: 'other-token', scopes: [{ name: 'repo2' }] },
      { state: 'absent', registry_token: 'old_registry_token' },
    ]);
    expect(left).toEqual([
      expect.stringMatching(/^name: the service doesn't accept "test_registry_token"/),
      expect.stringMatching(/^scopes: .* read as 3 actions/),
      expect.stringMatching(/^status: disbled/),
    ]);
  });

  test('as they stand, the update lacks its state: Ansible refuses it, and the delete never runs', async () => {
    const { values, left } = one(await example('registry-token.yml'));
    expect(values).toMatchObject([{ name: 'test-registry-token' }]);
    expect(left.slice(2)).toEqual([
      'name: the module needs it with state: present, so Ansible rejects the task; it is not converted',
      'registry_token (line 16), which Ansible rejects, may end the play before this task; the delete is not converted',
    ]);
  });

  test('docker_hub_personal_token: create, update and delete', () => {
    const { values, left } = one(`
- community.missing_collection.docker_hub_token: { username: test, password: test123 }
  register: login
- community.missing_collection.docker_hub_personal_token:
    { token: "{{ login.token }}", command: create, token_label: ci, scopes: ["repo:read"] }
  register: made
- community.missing_collection.docker_hub_personal_token:
    { token: "{{ login.token }}", command: update, uuid: u-1, token_label: renamed, is_active: false }
- community.missing_collection.docker_hub_personal_token:
    { token: "{{ login.token }}", command: delete, uuid: "{{ made.result.uuid }}" }
`);
    // The token is made and deleted again. An entry that deletes it would delete a namesake.
    expect(values).toEqual([
      {
        kind: 'docker_hub_personal_token',
        state: 'update',
        uuid: 'u-1',
        token_label: 'renamed',
        is_active: false,
      },
    ]);
    expect(left).toEqual([
      expect.stringContaining('a login task is not needed'),
      'docker_hub_personal_token:ci: line 4 creates it and this task deletes it again: no entry is written',
    ]);
    expect(JSON.stringify(values)).not.toContain('test123');
  });
});

test('plays, blocks, loops and variables are followed; what they hide is told, with its line', async () => {
  const { entries, left, notes } = convertTasks([{ file: 'play.yml', text: await example('play.yml') }]);
  expect(entries.map(({ address, values }) => `${values['state'] ?? 'present'} ${address}`)).toEqual([
    'present registry_token:team-a/ci-web',
    'present registry_token:team-a/ci-shop',
    'present registry_token:team-a/deploy',
    'present registry_token:team-a/mirror',
    // Made as "ci push", renamed and switched off by a task that uses the result.
    'present docker_hub_personal_token:laptop',
  ]);
  expect(entries.at(-1)?.values).toMatchObject({ scopes: ['repo:write'], is_active: false });
  expect(left.map(({ source, message }) => `${source.line} ${message.split(':')[0]}`)).toEqual([
    '8 vars_files',
    '10 a login task is not needed',
    '26 username',
    '38 when',
    '43 rescue (line 42)',
    '47 a later task (line 54) changes docker_hub_personal_token',
    '61 uuid',
    '61 unknown token',
    '65 its options are a string',
    '66 loop',
    '68 name',
    '68 unknown token',
    '75 include_tasks',
  ]);
  expect(notes).toEqual([expect.stringContaining('prefix, registry, teams')]);
});

test('several tasks about one token become one entry: what the last of them wants', () => {
  const task = (more: string): string => `- registry_token: { registry: a, ${more} }\n`;
  const made = task('name: ci, status: enabled');
  expect(one(made + task('state: update, registry_token: ci, status: disabled')).values).toEqual([
    { kind: 'registry_token', registry: 'a', name: 'ci', status: 'disabled' },
  ]);
  const gone = one(made + task('state: absent, registry_token: ci'));
  expect(gone.values).toEqual([
    { kind: 'registry_token', state: 'absent', registry: 'a', registry_token: 'ci' },
  ]);
  expect(gone.left).toEqual([expect.stringContaining('a later task (line 2)')]);
});

test.each([
  {
    credentials: 'token: abc',
    entry: {},
    told: ['token: it is left out; keep it in the environment, as IONOS_TOKEN'],
  },
  { credentials: `token: "{{ lookup('env', 'IONOS_TOKEN') }}"`, entry: {}, told: [] },
  { credentials: `token: "{{ lookup('env', 'MINE') }}"`, entry: { token: `\${env:MINE}` }, told: [] },
  {
    credentials: 'subscription_password: "{{ vaulted }}"',
    entry: {},
    told: [expect.stringContaining('IONOS_PASSWORD')],
  },
])('credentials stay out of the manifest: $credentials', ({ credentials, entry, told }) => {
  const { values, left } = one(`- registry_token: { registry: a, name: ci, ${credentials} }\n`);
  expect(values).toEqual([{ kind: 'registry_token', registry: 'a', name: 'ci', ...entry }]);
  expect(left).toEqual(told);
});

test.each([
  '- registry_token: { registry: a }',
  '- registry_token: { name: ci }',
  '- registry_token: { registry: a, name: ci, state: gone }',
  '- registry_token: { registry: a, name: "{% if x %}y{% endif %}" }',
  '- registry_token: registry=a name=ci',
  '- local_action: { module: registry_token, registry: a, name: ci }',
  '- registry_token: { registry: a, name: ci }\n  with_dict: { a: 1 }',
  '- docker_hub_personal_token: { command: rename, token_label: ci }',
  '- import_playbook: other.yml',
])('what can’t be converted is told, and nothing is made up: %s', (text) => {
  const { values, left } = one(`${text}\n`);
  expect(values).toEqual([]);
  expect(left.length).toBeGreaterThan(0);
});

test.each([
  { text: 'plain', known: { value: 'plain' } },
  { text: '{{ name }}', known: { value: 'ci' } },
  { text: 'a-{{ name }}-{{ number }}', known: { value: 'a-ci-3' } },
  { text: '{{ number }}', known: { value: 3 } },
  { text: '{{ map.key }}', known: { value: 'x' } },
  { text: "{{ map['key'] }}", known: { value: 'x' } },
  { text: '{{ twice }}', known: { value: 'ci' } },
  {
    text: "{{ missing | default('d') }}",
    known: { value: 'd', assumed: { why: 'missing is not defined in these files', isReported: false } },
  },
  { text: "{{ map.missing | default('d') }}", known: { value: 'd' } },
  { text: '{{ list[1] }}', known: { value: 'b' } },
  // Of a Python dictionary these are methods, and what Ansible itself defines is never undefined.
  { text: '{{ methods.items }}', known: { hidden: '{{ methods.items }}' } },
  { text: "{{ methods['items'] }}", known: { value: 1 } },
  { text: "{{ vars.missing | default('d') }}", known: { hidden: '{{ vars.missing }}' } },
  // Python writes it so.
  { text: 'a-{{ flag }}', known: { value: 'a-True' } },
  { text: "{{ name | default('d') }}", known: { value: 'ci' } },
  { text: "{{ lookup('env', 'HOME') }}", known: { env: 'HOME' } },
  { text: "x{{ lookup('env', 'HOME') }}", known: { hidden: "x{{ lookup('env', 'HOME') }}".slice(1) } },
  { text: '{{ name | upper }}', known: { hidden: '{{ name | upper }}' } },
  { text: '{{ round }}', known: { hidden: '{{ round }}' } },
  { text: '{{ map }}', known: { value: { key: 'x' } } },
  { text: '{{ constructor }}', known: { hidden: '{{ constructor }}' } },
])('$text is $known', ({ text, known }) => {
  const variables: Readonly<Record<string, Value>> = {
    ...{ name: 'ci', number: 3, flag: true, twice: '{{ name }}', round: '{{ round }}' },
    ...{ map: { key: 'x' }, methods: { items: 1 }, list: ['a', 'b'] },
  };
  const lookup = (name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return value === undefined ? undefined : { value };
  };
  expect(resolveTemplate(text, lookup)).toEqual(known);
});
