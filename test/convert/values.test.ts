import { describe, expect, test } from 'vitest';
import { convertTasks } from '../../src/convert/convert.ts';
import { plainScalar } from '../../src/convert/scalar.ts';
import { isUnknown, unknownReason } from '../../src/convert/value.ts';
import { converted, play, remove } from './fixtures.ts';

const one = (text: string) => {
  const { entries, left } = convertTasks([{ file: 'play.yml', text }]);
  return {
    values: entries.map(({ values }) => values),
    left: left.map(({ source, message }) => `${source.line}: ${message}`),
  };
};

describe('scopes are converted as a whole or not at all', () => {
  const task = (scopes: string) => `- registry_token: { registry: team-a, name: ci, scopes: ${scopes} }\n`;
  const good = '{ type: repository, name: app, actions: [pull] }';
  test.each([
    ['a number as name', `[${good}, { type: repository, name: 123, actions: [pull] }]`],
    ['octal digits as name', `[${good}, { type: repository, name: 0123, actions: [pull] }]`],
    ['yes as name', `[${good}, { type: repository, name: yes, actions: [pull] }]`],
    ['no name', `[${good}, { type: repository, actions: [pull] }]`],
    ['no type', `[${good}, { name: app, actions: [pull] }]`],
    ['no actions', `[${good}, { type: repository, name: app }]`],
    ['an action that is no text', `[${good}, { type: repository, name: app, actions: [on] }]`],
    ['a name that is not known', `[${good}, { type: repository, name: "{{ x }}", actions: [pull] }]`],
    ['an unknown action', `[${good}, { type: repository, name: app, actions: ["{{ x }}"] }]`],
    ['a text', 'all'],
    ['a mapping', good],
    ['a scope that is a text', `[${good}, all]`],
    ['a template', '"{{ x }}"'],
    ['a key that is repeated', `[${good}, { type: repository, name: a, name: b, actions: [pull] }]`],
    ['an encrypted value', `[${good}, { type: repository, name: !vault abc, actions: [pull] }]`],
  ])('%s', (_, scopes) => {
    const { values, left } = one(task(scopes));
    expect(values).toEqual([{ kind: 'registry_token', registry: 'team-a', name: 'ci' }]);
    expect(left).toContainEqual(expect.stringMatching(/^1: scopes: /));
  });

  test('also those of one item of a loop, and no others', () => {
    const loop = `
- registry_token: { registry: team-a, name: "{{ item.name }}", scopes: "{{ item.scopes }}" }
  loop:
    - { name: a, scopes: [${good}] }
    - { name: b, scopes: [${good}, { type: repository, name: "{{ x }}", actions: [pull] }] }
    - { name: c, scopes: [] }
`;
    const { values, left } = one(loop);
    expect(values).toEqual([
      expect.objectContaining({
        name: 'a',
        scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
      }),
      { kind: 'registry_token', registry: 'team-a', name: 'b' },
      // None at all is what the playbook says.
      { kind: 'registry_token', registry: 'team-a', name: 'c', scopes: [] },
    ]);
    expect(left).toEqual(['2: scopes: {{ item.scopes }} is unknown: {{ x }}; fill it in']);
  });

  test('those of Docker Hub as well', () => {
    const hub = (scopes: string) =>
      one(`- docker_hub_personal_token: { token: t, token_label: ci, scopes: ${scopes} }\n`).values[0]?.[
        'scopes'
      ];
    expect(hub('[repo:read, repo:write]')).toEqual(['repo:read', 'repo:write']);
    expect(hub('"repo:read,repo:write"')).toEqual(['repo:read', 'repo:write']);
    for (const scopes of [
      '[repo:read, repo:everything]',
      '[repo:read, 1]',
      '{ a: b }',
      '[repo:read, "{{ x }}"]',
    ])
      expect(hub(scopes)).toBeUndefined();
  });
});

describe('scalars are read as Ansible reads YAML 1.1', () => {
  test.each<readonly [string, unknown]>([
    ...(['yes', 'Yes', 'on', 'ON', 'true'] as const).map((text) => [text, true] as const),
    ...(['no', 'NO', 'off', 'Off', 'false'] as const).map((text) => [text, false] as const),
    // Unlike YAML 1.1 itself.
    ...(['y', 'n', 'Y', 'N', '0o17', '08', '1e5', 'yEs'] as const).map((text) => [text, text] as const),
    ['~', null],
    ['', null],
    ['0123', 83],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['1:30', 90],
    ['190:20:30', 685230],
    ['-5', -5],
    ['1.10', 1.1],
    ['2099-01-01', '2099-01-01'],
    ['2099-1-1', '2099-1-1'],
    ['2099-01-01 02:00:00 +2', '2099-01-01T02:00:00+02:00'],
    ['2099-01-01T2:03:04.5Z', '2099-01-01T02:03:04.5Z'],
  ])('%s is %j', (text, value) => {
    expect(plainScalar(text)).toBe(value);
  });

  test.each(['1.0', '12345678901234567890', '.inf', '2099-02-30', '1.5e+30'])(
    'what Python and JavaScript write differently is not known: %s',
    (text) => {
      const value = plainScalar(text);
      expect(isUnknown(value) && unknownReason(value)).toContain(text.slice(0, 10));
    },
  );

  test.each([
    ['off', 'False'],
    ['yes', 'True'],
    ['0123', '83'],
    ['1:30', '90'],
  ])('a name %s is read so, with a report, and never deleted', (written, name) => {
    const { values, left } = one(`- registry_token: { registry: team-a, name: ${written} }\n`);
    // The service takes no digit at the beginning; that is its own to say.
    expect(values).toEqual([expect.objectContaining({ name })]);
    expect(left).toContainEqual(`1: name: not a string; Ansible reads it as "${name}"`);
    expect(converted(remove(written))).toEqual({
      entries: [],
      left: ['1: registry_token is not a string; the delete is not converted'],
      notes: [],
    });
    // In quotes it is a text.
    expect(one(`- registry_token: { registry: team-a, name: "ci-${written}" }\n`).left).toEqual(
      written === '1:30' ? [expect.stringContaining("the service doesn't accept")] : [],
    );
    // Within a text it is as Python writes it.
    expect(
      one(play(`- registry_token: { registry: team-a, name: "ci-{{ x }}" }\n`, `vars: { x: ${written} }\n`))
        .values,
    ).toEqual([expect.objectContaining({ name: `ci-${name}` })]);
  });

  test.each(['!unsafe "{{ x }}"', '!vault abc', '!!binary aGk=', '1.0', '~'])(
    '%s names no token',
    (written) => {
      expect(converted(remove(written)).entries).toEqual([]);
    },
  );

  test('switches are read as Ansible reads them', () => {
    const flag = (value: string) =>
      one(
        `- registry_token: { registry: a, registry_token: b, name: c, state: update, allow_replace: ${value} }\n`,
      ).values[0]?.['allow_replace'];
    for (const value of ['yes', 'on', '1', 'true', '"y"', '"t"', '"Yes"'])
      expect(flag(value), value).toBe(true);
    for (const value of ['no', 'off', '0', '"n"', '~', 'maybe']) expect(flag(value), value).toBeUndefined();
  });
});

describe('a key that is repeated', () => {
  test.each([
    [
      'in a task',
      '- registry_token: { registry: a, registry_token: ci, name: ci, state: absent, state: present }\n',
      1,
    ],
    [
      'its module',
      '- registry_token: { registry: a, name: b }\n  registry_token: { registry: a, name: c }\n',
      2,
    ],
    [
      'its condition',
      '- registry_token: { registry: a, registry_token: b, state: absent }\n  when: x\n  when: true\n',
      3,
    ],
    ['in the variables', play(remove('"{{ x }}"'), 'vars: { x: a, x: b }\n'), 2],
  ])('is reported, and nothing is converted by it: %s', (_, text, line) => {
    const { entries, left } = converted(text);
    expect(entries).toEqual([]);
    expect(left).toContainEqual(expect.stringMatching(new RegExp(`^${line}: the key "\\w+" is repeated`)));
  });

  test('of a play, the last one counts', () => {
    const text = `- hosts: localhost\n  tasks:\n    ${remove('a')}  tasks:\n    ${remove('b')}`;
    expect(converted(text)).toMatchObject({
      entries: ['absent registry_token:team-a/b'],
      left: [expect.stringMatching(/^4: the key "tasks" is repeated/)],
    });
  });

  test('by a merge it stands once: what the mapping says itself wins', () => {
    const text = `
- debug: &defaults { registry: team-a, state: absent, registry_token: a }
- registry_token: { <<: *defaults, registry_token: b }
- registry_token: { <<: [{ registry_token: c }, *defaults] }
`;
    expect(converted(text)).toMatchObject({
      entries: ['absent registry_token:team-a/b', 'absent registry_token:team-a/c'],
      left: [],
    });
  });
});

test.each([
  ['an option that the module does not have', 'registry: a, registry_token: b, state: absent, stat: x'],
  ['an option of an older module', 'registry_id: a, name: b, state: absent'],
  ['no token', 'registry: a, name: b, state: absent'],
  ['an empty token', 'registry: a, registry_token: "", state: absent'],
  ['a server that is not known', 'registry: a, registry_token: b, state: absent, api_url: "{{ url }}"'],
  [
    'a server from the environment',
    "registry: a, registry_token: b, state: absent, api_url: \"{{ lookup('env', 'X') }}\"",
  ],
])('a task that Ansible refuses, or that goes elsewhere, deletes nothing: %s', (_, options) => {
  const { values, left } = one(`- registry_token: { ${options} }\n`);
  expect(values).toEqual([]);
  expect(left.length).toBeGreaterThan(0);
});

test('a server that the playbook names is named in the manifest, which asks for leave to go there', () => {
  const task =
    '- registry_token: { registry: a, registry_token: b, state: absent, api_url: "https://x.example.com" }\n';
  expect(one(task).values).toEqual([
    expect.objectContaining({ state: 'absent', api_url: 'https://x.example.com' }),
  ]);
});
