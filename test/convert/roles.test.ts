import { describe, expect, test } from 'vitest';
import { converted, make, play, remove } from './fixtures.ts';

const gone = 'absent registry_token:team-a/victim';
const there = 'present registry_token:team-a/victim';
const roles = {
  'roles/del/tasks/main.yml': remove('victim'),
  'roles/create/tasks/main.yml': make('victim'),
};

describe('a role that a play lists twice runs once', () => {
  const run = (list: string, more: Readonly<Record<string, string>> = {}) =>
    converted({ 'play.yml': play('', `roles: ${list}\n`), ...roles, ...more });

  test('the second time it is left out', () => {
    const { entries, left } = run('[del, create, del]');
    expect(entries).toEqual([there]);
    expect(left).toContainEqual(
      'roles/del/tasks/main.yml:1: roles: the play lists the role del before, and Ansible runs a role once; the task is not converted',
    );
    expect(run('[del, create, { role: del }]').entries).toEqual([there]);
    expect(run('[del, create, { name: del }]').entries).toEqual([there]);
    // The delete is not known to be the last.
    expect(run('[create, del, create]').entries).toEqual([]);
  });

  test('unless its parameters differ, or it says so', () => {
    expect(run('[del, create, { role: del, x: 1 }]').entries).toEqual([gone]);
    expect(run('[del, create, { role: del, vars: { x: 1 } }]').entries).toEqual([gone]);
    const meta = { 'roles/del/meta/main.yml': 'allow_duplicates: true\n' };
    expect(run('[del, create, del]', meta).entries).toEqual([gone]);
  });

  test('a task runs it again, unless told not to', () => {
    const tasks = (options: string) =>
      converted({
        'play.yml': play(
          `- import_role: { name: create }\n- import_role: { name: del${options} }\n`,
          'roles: [del]\n',
        ),
        ...roles,
      }).entries;
    expect(tasks('')).toEqual([gone]);
    expect(tasks(', allow_duplicates: false')).toEqual([there]);
  });

  test('each play runs it', () => {
    const text = play('', 'roles: [del]\n') + play(make('victim')) + play('', 'roles: [del]\n');
    const files = { 'play.yml': text, 'roles/del/tasks/main.yml': remove('victim') };
    expect(converted(files).entries).toEqual([gone]);
  });
});

describe('roles that a role depends on', () => {
  const run = (meta: string | undefined, more: Readonly<Record<string, string>> = {}, list = '[main]') =>
    converted({
      'play.yml': play('', `vars: { v: old }\nroles: ${list}\n`),
      'roles/main/tasks/main.yml': remove('"{{ v }}"'),
      'roles/main/vars/main.yml': 'x: 1\n',
      ...(meta !== undefined && { 'roles/main/meta/main.yml': meta }),
      ...roles,
      ...more,
    });
  const old = 'absent registry_token:team-a/old';

  test('run before it', () => {
    const dependent = 'dependencies: [create]\n';
    const more = {
      'roles/main/tasks/main.yml': remove('victim'),
      'roles/main/meta/main.yml': dependent,
    };
    expect(run(undefined, more).entries).toEqual([gone]);
    // And once.
    expect(run(undefined, more, '[main, create]').entries).toEqual([]);
    const both = 'dependencies: [{ role: create, when: x }]\n';
    expect(run(undefined, { ...more, 'roles/main/meta/main.yml': both }).entries).toEqual([gone]);
  });

  test.each([
    ['one that is not given', 'dependencies: [other]\n'],
    ['one with a check', 'dependencies: [check]\n'],
    ['a list that is not known', 'dependencies: "{{ some }}"\n'],
    ['a list that is repeated', 'dependencies: []\ndependencies: []\n'],
    ['a name that is not known', 'dependencies: [{ role: "{{ some }}" }]\n'],
    ['arguments that are checked', 'dependencies: []\nargument_specs: { main: {} }\n'],
  ])('may end the play: %s', (_, meta) => {
    const more = {
      'roles/main/tasks/main.yml': remove('old'),
      'roles/check/tasks/main.yml': '- assert: { that: [x] }\n',
    };
    expect(run('dependencies: []\n', more).entries).toEqual([old]);
    expect(run(meta, more).entries).toEqual([]);
  });

  test('may set variables; so may those of a role whose meta/main.yml is not given', () => {
    expect(run('dependencies: []\n').entries).toEqual([old]);
    expect(run('', { 'roles/main/vars/main.yml': '' }).entries).toEqual([old]);
    expect(run(undefined).entries).toEqual([]);
    const create = { 'roles/create/vars/main.yml': 'v: new\n', 'roles/create/meta/main.yml': '{}\n' };
    expect(run('dependencies: [create]\n', create).entries).toEqual(['present registry_token:team-a/victim']);
    expect(
      run('dependencies: [create]\n', { ...create, 'roles/create/vars/main.yml': 'w: new\n' }).entries,
    ).toEqual([there, old]);
  });

  test('a circle has an end', () => {
    expect(run('dependencies: [main]\n').entries).toEqual([]);
  });
});

describe('variables of imports and roles rank below those of tasks', () => {
  const inner =
    '- { vars: { tok: inner }, registry_token: { registry: team-a, registry_token: "{{ tok }}", state: absent } }\n';
  const wanted = ['absent registry_token:team-a/inner'];
  const complete = { 'roles/a/vars/main.yml': '{}\n', 'roles/a/meta/main.yml': '{}\n' };

  test('the variables of a task win over those of what imports it', () => {
    const files = [
      { 'play.yml': play('- { import_tasks: more.yml, vars: { tok: outer } }\n'), 'more.yml': inner },
      {
        'play.yml': play('', 'roles: [{ role: a, vars: { tok: outer } }]\n'),
        'roles/a/tasks/main.yml': inner,
      },
      { 'play.yml': '- { import_playbook: more.yml, vars: { tok: outer } }\n', 'more.yml': play(inner) },
    ];
    for (const one of files) expect(converted(one).entries).toEqual(wanted);
  });

  test('dynamic includes and inline parameters of roles win over those of a task', () => {
    const outer = ['absent registry_token:team-a/outer'];
    const files = [
      { 'play.yml': play('- { include_tasks: more.yml, vars: { tok: outer } }\n'), 'more.yml': inner },
      {
        'play.yml': play('- { include_role: { name: a }, vars: { tok: outer } }\n'),
        'roles/a/tasks/main.yml': inner,
        ...complete,
      },
      {
        'play.yml': play('', 'roles: [{ role: a, tok: outer }]\n'),
        'roles/a/tasks/main.yml': inner,
        ...complete,
      },
    ];
    for (const one of files) expect(converted(one).entries).toEqual(outer);
  });

  test('vars of a role win over its files; those of an import over the plays', () => {
    const use = remove('"{{ tok }}"');
    expect(
      converted({
        'play.yml': play('', 'vars: { tok: play }\nroles: [{ role: a, vars: { tok: inner } }]\n'),
        'roles/a/tasks/main.yml': use,
        ...complete,
        'roles/a/vars/main.yml': 'tok: file\n',
      }).entries,
    ).toEqual(wanted);
    expect(
      converted({
        'play.yml': '- { import_playbook: more.yml, vars: { tok: inner } }\n',
        'more.yml': play(use, 'vars: { tok: play }\n'),
      }).entries,
    ).toEqual(wanted);
    // Some versions of Ansible give them to the whole play.
    expect(
      converted({
        'play.yml': play(use, 'vars: { tok: play }\nroles: [{ role: a, vars: { tok: inner } }]\n'),
        'roles/a/tasks/main.yml': '[]\n',
        ...complete,
      }).entries,
    ).toEqual([]);
  });

  test('a file of variables that is not read may win over those of an import', () => {
    const more = `- include_vars: "{{ env }}.yml"\n${make('"{{ tok }}"')}`;
    for (const text of [
      play('- { import_tasks: more.yml, vars: { tok: outer } }\n'),
      '- { import_playbook: book.yml, vars: { tok: outer } }\n',
    ]) {
      expect(converted({ 'play.yml': text, 'more.yml': more, 'book.yml': play(more) }).entries).toEqual([]);
    }
  });
});

describe('a repeated key makes everything that depends on it unknown', () => {
  const use = '"{{ tok }}"';
  test.each([
    ['vars of a play', play(make(use), 'vars: { tok: a }\nvars: { other: b }\n')],
    [
      'vars of a block',
      play(`- vars: { other: a }\n  vars: { tok: b }\n  block:\n    ${make(use)}`, 'vars: { tok: c }\n'),
    ],
    ['vars of a task', play(make(use, 'vars: { tok: a }, vars: { tok: b }'), 'vars: { tok: c }\n')],
    ['vars_prompt', play(make(use), 'vars: { tok: a }\nvars_prompt: []\nvars_prompt: []\n')],
    ['register', play(`- { command: ls, register: a, register: tok }\n${make(use)}`, 'vars: { tok: a }\n')],
    ['a default', play(make('"{{ tok | default(\'a\') }}"'), 'vars: { x: a }\nvars: { y: b }\n')],
    ['roles', play(remove('victim'), 'roles: [create]\nroles: [create]\n')],
  ])('%s', (_, text) => {
    const { entries, left } = converted({ 'play.yml': text, ...roles });
    expect(entries).toEqual([]);
    expect(left.join('\n')).toMatch(/the key "\w+" is repeated/);
  });

  test('of an include', () => {
    const include = '- { include_tasks: more.yml, vars: { tok: a }, vars: { tok: b } }\n';
    for (const text of [include, include.replace('include', 'import')]) {
      const files = { 'play.yml': play(text, 'vars: { tok: c }\n'), 'more.yml': make(use) };
      expect(converted(files).entries).toEqual([]);
    }
    const playbook = '- { import_playbook: more.yml, vars: { tok: a }, vars: { tok: b } }\n';
    const files = { 'play.yml': playbook, 'more.yml': play(make(use), 'vars: { tok: c }\n') };
    expect(converted(files).entries).toEqual([]);
  });

  test('what is defined further in is known again', () => {
    const text = play(make(use, 'vars: { tok: victim }'), 'vars: { tok: a }\nvars: { tok: b }\n');
    expect(converted(text).entries).toEqual([there]);
  });
});
