import { describe, expect, test } from 'vitest';
import { convertTasks } from '../../src/convert/convert.ts';
import { converted, make, play, remove } from './fixtures.ts';

const there = 'present registry_token:team-a/victim';
const gone = 'absent registry_token:team-a/victim';
const create = (more: string) => `- registry_token: { registry: team-a, name: victim${more} }\n`;
const update = (more: string) =>
  `- registry_token: { registry: team-a, registry_token: victim, state: update, status: disabled${more} }\n`;
const erase = (more: string) =>
  `- registry_token: { registry: team-a, registry_token: victim, state: absent${more} }\n`;
const env = (name: string) => `"{{ lookup('env', '${name}') }}"`;

describe('tokens of two accounts or servers are two tokens, of which a manifest has one', () => {
  test.each([
    ['servers', ', api_url: "https://prod.example.com"', ', api_url: "https://staging.example.com"'],
    ['a server and the default', ', api_url: "https://prod.example.com"', ''],
    ['tokens', `, token: ${env('A')}`, `, token: ${env('B')}`],
    ['a token and the default', '', `, token: ${env('B')}`],
    ['users', `, username: ${env('A')}`, `, username: ${env('B')}`],
    ['users by another name', `, username: ${env('A')}`, `, subscription_user: ${env('B')}`],
    ['a user in the playbook', '', ', username: admin'],
  ])('%s', (_, one, other) => {
    const { entries, left } = converted(create(one) + erase(other));
    expect(entries).toEqual([there]);
    expect(left.at(-1)).toMatch(/^2: .*the delete is not converted/);
    // It may be the same account by another name.
    expect(converted(erase(other) + create(one)).entries).toEqual([there]);
    expect(converted(create(one) + update(other)).entries).toEqual([there]);
  });

  test('with the same connection they are one', () => {
    for (const more of [
      '',
      `, token: ${env('A')}`,
      ', api_url: "https://prod.example.com"',
      `, token: ${env('IONOS_TOKEN')}`,
    ]) {
      expect(converted(create(more) + erase(more)).entries).toEqual([gone]);
    }
    expect(converted(create('') + erase(`, token: ${env('IONOS_TOKEN')}`)).entries).toEqual([gone]);
  });

  test('the result of a task is that of its account', () => {
    const made = `- { registry_token: { registry: team-a, name: victim, token: ${env('A')} }, register: made }\n`;
    const use = (more: string) =>
      erase(more).replace('registry_token: victim', 'registry_token: "{{ made.registry_token.id }}"');
    expect(converted(made + use('')).entries).toEqual([there]);
    expect(converted(made + use(`, token: ${env('A')}`)).entries).toEqual([gone]);
  });
});

describe('an update or delete goes to the account of the playbook, or is left out', () => {
  test.each([
    ['a user', 'username: admin'],
    ['a token', 'token: abc'],
    ['a password', 'subscription_password: "{{ vaulted }}"'],
    ['a token that is not known', 'token: "{{ secret }}"'],
    ['a token with a default', `token: "{{ secret | default(omit) }}"`],
    ['a server by a template', 'api_url: "{{ url }}"'],
    ['a certificate that is not known', 'certificate_fingerprint: "{{ pin }}"'],
  ])('%s', (_, option) => {
    for (const task of [erase, update]) {
      const { entries, left } = converted(task(`, ${option}`));
      expect(entries).toEqual([]);
      expect(left).toEqual([expect.stringMatching(/^1: \w+: .*not converted$/)]);
    }
  });

  test.each([
    ['a token', '{ IONOS_TOKEN: other }', []],
    ['a user', '{ IONOS_USERNAME: "{{ user }}" }', []],
    ['another variable', "{ IONOS_TOKEN: \"{{ lookup('env', 'MINE') }}\" }", [gone]],
    ['a variable of IONOS that a manifest does not have', '{ IONOS_CONTRACT_NUMBER: 1 }', []],
    ['a name by a template', '{ "{{ name }}": x }', []],
    ['something else', '{ PATH: /bin }', [gone]],
  ])('by the environment: %s', (_, environment, expected) => {
    expect(converted(play(remove('victim'), `environment: ${environment}\n`)).entries).toEqual(expected);
    expect(converted(play(make('victim'), `environment: ${environment}\n`)).entries).toEqual([there]);
  });

  test('what a manifest can say is said', () => {
    const text = erase(
      `, token: ${env('MINE')}, api_url: "https://x.example.com", certificate_fingerprint: ab`,
    );
    expect(convertTasks([{ file: 'a.yml', text }]).entries[0]?.values).toMatchObject({
      state: 'absent',
      token: '${env:MINE}',
      api_url: 'https://x.example.com',
      certificate_fingerprint: 'ab',
    });
  });

  test('of Docker Hub, two items of a loop are two accounts', () => {
    const loop =
      '- { docker_hub_personal_token: { token: "{{ item }}", command: delete, uuid: u-1 }, loop: [a, b] }\n';
    const { left } = converted(loop);
    expect(left).toContainEqual(expect.stringMatching(/^1: token: another Docker Hub account/));
  });
});

describe('a name and an ID may stand for the same thing', () => {
  const id = '0c5ad4b3-3a1c-4b2f-9f64-1d2b7a8c9e10';
  const named = (registry: string, rest: string) => `- registry_token: { registry: ${registry}, ${rest} }\n`;
  test('a later task that might not run, about another spelling of the registry', () => {
    const again = named(id, 'name: victim').replace(' }\n', ' }\n  when: x\n');
    expect(converted(remove('victim') + again).entries).toEqual([]);
    expect(converted(remove('victim') + again.replace('victim', 'other')).entries).toEqual([gone]);
    const other = again.replace(id, 'team-b');
    expect(converted(remove('victim') + other).entries).toEqual([gone]);
    const byId = named(id, 'registry_token: victim, state: absent');
    expect(converted(byId + make('victim', 'when: x')).entries).toEqual([]);
    expect(converted(byId + again.replace(id, id.toUpperCase())).entries).toEqual([]);
    const otherId = again.replace(id, id.replace('0c5', '1c5'));
    expect(converted(byId + otherId).entries).toEqual([`absent registry_token:${id}/victim`]);
    expect(converted(remove(id) + make('victim', 'when: x')).entries).toEqual([]);
  });

  test('nor is a token deleted that another task declares by another spelling', () => {
    for (const text of [
      remove('victim') + named(id, 'name: victim'),
      named(id, 'name: victim') + remove('victim'),
    ]) {
      expect(converted(text).entries).toEqual([`present registry_token:${id}/victim`]);
    }
    // The ID of a token is its own.
    expect(converted(make('victim') + remove(id)).entries).toEqual([
      there,
      `absent registry_token:team-a/${id}`,
    ]);
  });
});

describe('of conflicting values it must be known which counts', () => {
  const play1 = (hosts: string, tasks: string) => play(tasks).replace('localhost', hosts);
  const status = (value: string) =>
    `- registry_token: { registry: team-a, registry_token: victim, state: update, status: ${value} }\n`;
  const of = (files: Readonly<Record<string, string>>) => {
    const { entries, left } = convertTasks(Object.entries(files).map(([file, text]) => ({ file, text })));
    return {
      values: entries.map(({ values }) => values['status']),
      left: left.map(({ message }) => message),
    };
  };
  const message = expect.stringMatching(/status is left out, as .* has another value/);

  test.each([
    ['enabled', 'disabled'],
    ['disabled', 'enabled'],
  ])('a play for other hosts does not replace %s by %s', (one, other) => {
    const certain = play(status(one));
    const { values, left } = of({ 'a.yml': certain + play1('prod', status(other)) });
    expect(values).toEqual([undefined]);
    expect(left).toContainEqual(message);
    const created = create(`, status: ${other}`);
    expect(of({ 'a.yml': certain + play1('prod', created) }).values).toEqual([undefined]);
    // A task that might not run either changes nothing of it.
    expect(of({ 'a.yml': certain + play1('prod', status(other) + status(one)) }).values).toEqual([undefined]);
    // One that certainly runs does.
    expect(of({ 'a.yml': play1('prod', status(other)) + certain }).values).toEqual([one]);
    expect(of({ 'a.yml': certain + play1('prod', status(other)) + certain }).values).toEqual([one]);
    // The same value is no conflict.
    expect(of({ 'a.yml': certain + play1('prod', status(one)) }).values).toEqual([one]);
  });

  test('nor does a task after one that may end the play', () => {
    const text = play(`${status('disabled')}- assert: { that: [x] }\n${status('enabled')}`);
    expect(of({ 'a.yml': text }).values).toEqual([undefined]);
  });

  test('of two playbooks', () => {
    const files = { 'a.yml': play(status('disabled')), 'b.yml': play(status('enabled')) };
    expect(of(files).values).toEqual([undefined]);
    expect(of(files).left).toContainEqual(message);
    expect(of({ ...files, 'b.yml': play(status('enabled') + status('disabled')) }).values).toEqual([
      undefined,
    ]);
    expect(of({ ...files, 'b.yml': play(status('disabled')) }).values).toEqual(['disabled']);
  });

  test('a create that might not run does not replace a delete, which is left out as well', () => {
    const { entries, left } = converted(play(remove('victim')) + play1('prod', make('victim')));
    expect(entries).toEqual([]);
    expect(left).toEqual([
      expect.stringMatching(/^3: .*the delete is not/),
      expect.stringMatching(/^6: .*not converted/),
    ]);
    const last = play(remove('victim')) + play1('prod', make('victim')) + play(remove('victim'));
    expect(converted(last).entries).toEqual([gone]);
  });

  test('a rename does not replace a token that another task is about', () => {
    const rename =
      '- registry_token: { registry: team-a, registry_token: a, name: victim, state: update, allow_replace: true }\n';
    expect(converted(make('a') + make('victim') + rename).entries).toEqual([
      'present registry_token:team-a/a',
      there,
    ]);
    expect(converted(remove('victim') + rename).entries).toEqual([]);
    const id = '0c5ad4b3-3a1c-4b2f-9f64-1d2b7a8c9e10';
    expect(converted(remove('victim') + rename.replace('team-a', id)).entries).toEqual([
      `update registry_token:${id}/victim`,
    ]);
    const files = { 'a.yml': play(make('a')), 'b.yml': play(rename) };
    expect(converted(files).entries).toEqual(['present registry_token:team-a/a']);
  });
});
