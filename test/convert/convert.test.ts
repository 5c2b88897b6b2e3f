import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { convert } from '../../src/convert/convert.ts';
import { resolve } from '../../src/convert/template.ts';

const one = (text: string) => {
  const { entries, left } = convert([{ file: 'play.yml', text }]);
  return { values: entries.map(({ values }) => values), left: left.map(({ message }) => message) };
};
const example = (name: string): Promise<string> =>
  readFile(new URL(`examples/${name}`, import.meta.url), 'utf8');

describe('the examples of the modules’ documentation', () => {
  test('registry_token: made, changed and deleted', async () => {
    const { values, left } = one(await example('registry-token.yml'));
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
      expect.stringMatching(/^name: the service takes no "test_registry_token"/),
      expect.stringMatching(/^scopes: .* taken for 3 actions/),
      expect.stringMatching(/^state: .* taken for update/),
      expect.stringMatching(/^status: disbled/),
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
    expect(values).toEqual([
      {
        kind: 'docker_hub_personal_token',
        token_label: 'ci',
        scopes: ['repo:read'],
        secret: [{ file: { path: 'secrets/ci.json' } }],
      },
      {
        kind: 'docker_hub_personal_token',
        state: 'update',
        uuid: 'u-1',
        token_label: 'renamed',
        is_active: false,
      },
    ]);
    expect(left).toEqual([
      expect.stringContaining('the login is not needed'),
      'uuid: {{ made.result.uuid }} is not known here; fill it in',
      'it is not known which token: the task is not converted',
    ]);
    expect(JSON.stringify(values)).not.toContain('test123');
  });
});

test('plays, blocks, loops and variables are followed; what they hide is told, with its line', async () => {
  const { entries, left } = convert([{ file: 'play.yml', text: await example('play.yml') }]);
  expect(entries.map(({ address, values }) => `${values['state'] ?? 'present'} ${address}`)).toEqual([
    'present registry_token:team-a/ci-web',
    'present registry_token:team-a/ci-shop',
    'present registry_token:team-a/deploy',
    'present registry_token:team-a/mirror',
    'absent registry_token:team-a/broken',
    'present docker_hub_personal_token:ci push',
    'update docker_hub_personal_token:laptop',
    'update registry_token:team-a/sealed',
  ]);
  expect(left.map(({ source, message }) => `${source.line} ${message.split(':')[0]}`)).toEqual([
    '8 vars_files',
    '63 registry_token',
    '65 loop',
    '73 include_tasks',
    '10 the login is not needed',
    '26 username',
    '26 when',
    '52 uuid',
    '59 uuid',
    '59 it is not known which token',
    '66 name',
  ]);
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
  '- { a: ]',
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
  { text: "{{ missing | default('d') }}", known: { value: 'd' } },
  { text: "{{ name | default('d') }}", known: { value: 'ci' } },
  { text: "{{ lookup('env', 'HOME') }}", known: { env: 'HOME' } },
  { text: "x{{ lookup('env', 'HOME') }}", known: { hidden: "x{{ lookup('env', 'HOME') }}".slice(1) } },
  { text: '{{ name | upper }}', known: { hidden: '{{ name | upper }}' } },
  { text: '{{ round }}', known: { hidden: '{{ round }}' } },
  { text: '{{ map }}', known: { value: { key: 'x' } } },
  { text: '{{ constructor }}', known: { hidden: '{{ constructor }}' } },
])('$text is $known', ({ text, known }) => {
  const variables = { name: 'ci', number: 3, map: { key: 'x' }, twice: '{{ name }}', round: '{{ round }}' };
  expect(resolve(text, variables)).toEqual(known);
});
