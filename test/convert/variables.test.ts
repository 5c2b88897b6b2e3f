import { describe, expect, test } from 'vitest';
import { converted, indent, play, remove } from './fixtures.ts';

const variable = '"{{ victim }}"';
const wanted = 'absent registry_token:team-a/old';
const create = '- registry_token: { registry: team-a, name: "{{ victim }}" }\n';
const made = 'present registry_token:team-a/old';

/** A play that defines `victim: old`, with these tasks and then a delete or a create of it. */
const defined = (tasks: string, last: string, head = ''): string =>
  play(tasks + last, `vars: { victim: old }\n${head}`);

test('a variable of the files is known, and told of once', () => {
  const { entries, notes } = converted(defined('', remove(variable) + remove(variable)));
  expect(entries).toEqual([wanted]);
  expect(notes).toEqual([
    expect.stringMatching(/^Variables are used as these files define them: victim\. Extra vars \(-e\)/),
  ]);
  expect(converted(remove('old')).notes).toEqual([]);
});

describe('from a task on that sets it, a variable is not known', () => {
  test.each([
    ['set_fact', '- set_fact: { victim: new }\n'],
    ['ansible.builtin.set_fact', '- ansible.builtin.set_fact: { victim: new, cacheable: true }\n'],
    ['set_fact on a condition', '- { set_fact: { victim: new }, when: x }\n'],
    ['set_fact as text', '- set_fact: victim=new other=x\n'],
    ['set_fact of a name by a template', '- set_fact: { "{{ name }}": new }\n'],
    ['set_fact in a block', '- block:\n    - set_fact: { victim: new }\n'],
    ['set_fact in a rescue', '- block: []\n  rescue:\n    - set_fact: { victim: new }\n'],
    ['set_fact in the older spelling', '- action: set_fact victim=new\n'],
    ['include_vars', '- include_vars: other.yml\n'],
    ['include_vars of a folder', '- include_vars: { dir: vars }\n'],
    ['include_vars into it', '- include_vars: { file: other.yml, name: victim }\n'],
    ['register', '- { command: ls, register: victim }\n'],
    ['register of one of ours', '- { registry_token: { registry: team-a, name: x }, register: victim }\n'],
    ['register of a task that does not run', '- { debug: {}, register: victim, when: false }\n'],
  ])('%s', (_, text) => {
    const { entries, left } = converted(defined(text, create));
    expect(entries).not.toContain(made);
    expect(left).toContainEqual(
      expect.stringMatching(/name: \{\{ victim \}\} is unknown: |name: not a string/),
    );
    expect(converted(defined(text, remove(variable))).entries.join()).not.toContain('old');
    // Before it the variable is what the play says.
    expect(converted(defined('', create + text)).entries).toContain(made);
    // The variables of a block or a task are set before, and lose.
    const own = `${text}- { vars: { victim: old }, registry_token: { registry: team-a, name: "{{ victim }}" } }\n`;
    expect(converted(play(own)).entries).not.toContain(made);
  });

  test('a question of the play decides over its variables', () => {
    const { entries, left } = converted(defined('', create, 'vars_prompt: [{ name: victim }]\n'));
    expect(entries).toEqual([]);
    expect(left[0]).toMatch(/^\d: name: \{\{ victim \}\} is unknown: vars_prompt \(line 3\) asks for it/);
  });

  test('also in later plays, in handlers that have run, and behind another variable', () => {
    const set = '- set_fact: { victim: new }\n';
    expect(converted(play(set) + defined('', create)).entries).toEqual([]);
    const handlers = `handlers:\n${indent(set, 2)}`;
    expect(converted(defined('- meta: flush_handlers\n', create, handlers)).entries).toEqual([]);
    const behind = play(
      `${set}- registry_token: { registry: team-a, name: "{{ alias }}" }\n`,
      'vars: { victim: old, alias: "{{ victim }}" }\n',
    );
    expect(converted(behind).entries).toEqual([]);
    // Another variable isn't touched.
    expect(converted(defined('- set_fact: { other: x }\n', create)).entries).toEqual([made]);
    // A loop's is its own.
    const loop = '- { registry_token: { registry: team-a, name: "{{ item }}" }, loop: [old] }\n';
    expect(converted(play(`- set_fact: { item: x }\n${loop}`)).entries).toEqual([made]);
  });
});

describe('files of variables', () => {
  const files = { 'other.yml': 'victim: new\n' };
  test('that are given are read, in the order in which Ansible has them win', () => {
    const read = (text: string) => converted({ 'play.yml': text, ...files }).entries;
    expect(read(defined('- include_vars: other.yml\n', remove(variable)))).toEqual([
      'absent registry_token:team-a/new',
    ]);
    expect(read(defined('', remove(variable), 'vars_files: [other.yml]\n'))).toEqual([
      'absent registry_token:team-a/new',
    ]);
    // It may not be read.
    expect(read(defined('- { include_vars: other.yml, when: x }\n', remove(variable)))).toEqual([]);
  });

  test('of a play that are not given may say something else: nothing is deleted or changed by its variables', () => {
    const head = 'vars_files: [secret.yml]\n';
    const { entries, left } = converted(
      defined('', remove(variable) + create.replace('victim', 'victim'), head),
    );
    expect(entries).toEqual([made]);
    expect(left).toContainEqual(expect.stringMatching(/^3: vars_files: secret\.yml/));
    expect(left).toContainEqual(expect.stringMatching(/^5: vars_files: .*the delete is not converted/));
    const update =
      '- registry_token: { registry: team-a, registry_token: "{{ victim }}", state: update, status: disabled }\n';
    expect(converted(defined('', update, head)).entries).toEqual([]);
    // Those of a task are stronger than any file of the play.
    const own =
      '- { vars: { victim: old }, registry_token: { registry: team-a, registry_token: "{{ victim }}", state: absent } }\n';
    expect(converted(play(own, head)).entries).toEqual([wanted]);
  });

  test('of roles are theirs, and stronger than those of the play', () => {
    const role = (more: Readonly<Record<string, string>>) =>
      converted({
        'play.yml': play('', 'vars: { victim: old }\nroles: [tokens]\n'),
        'roles/tokens/tasks/main.yml': remove(variable),
        'roles/tokens/meta/main.yml': 'galaxy_info: {}\n',
        ...more,
      }).entries;
    const [defaults, vars] = ['roles/tokens/defaults/main.yml', 'roles/tokens/vars/main.yml'];
    expect(role({ [vars]: 'x: 1\n' })).toEqual([wanted]);
    expect(role({ [vars]: 'x: 1\n', [defaults]: 'victim: new\n' })).toEqual([wanted]);
    expect(role({ [vars]: 'victim: new\n' })).toEqual(['absent registry_token:team-a/new']);
    // It may have some that are not among the files.
    expect(role({})).toEqual([]);
  });

  test('what an include or a role is given wins over facts; both is more than is known here', () => {
    const files = (include: string, before = '') => ({
      'play.yml': defined(before, include),
      'more.yml': remove(variable),
    });
    const include = '- { include_tasks: more.yml, vars: { victim: new } }\n';
    expect(converted(files(include)).entries).toEqual(['absent registry_token:team-a/new']);
    expect(converted(files(include, '- set_fact: { victim: x }\n')).entries).toEqual([]);
    expect(
      converted(files('- { include_tasks: more.yml, loop: [a, b], vars: { victim: "{{ item }}" } }\n'))
        .entries,
    ).toEqual(['absent registry_token:team-a/a', 'absent registry_token:team-a/b']);
  });
});

test('each host has its own variables', () => {
  const other = (tasks: string) => play(tasks).replace('localhost', 'prod');
  const read = '- include_vars: other.yml\n';
  const files = { 'other.yml': 'victim: new\n' };
  const of = (text: string) => converted({ 'play.yml': text, ...files }).entries;
  expect(of(other(read) + defined('', create))).toEqual([]);
  expect(of(play(read) + defined('', create).replace('localhost', 'prod'))).toEqual([]);
  expect(of(play(read) + defined('', create))).toEqual(['present registry_token:team-a/new']);
});

describe('a default decides no delete, unless the variable is certainly not defined', () => {
  test.each([
    ['the token', 'registry: team-a, registry_token: "{{ x | default(\'old\') }}", state: absent'],
    ['the registry', 'registry: "{{ x | default(\'team-a\') }}", registry_token: old, state: absent'],
    ['the state', 'registry: team-a, registry_token: old, name: old, state: "{{ x | default(\'absent\') }}"'],
    ['an omitted state', 'registry: team-a, registry_token: old, state: "{{ x | default(omit) }}"'],
    ['a part of the name', 'registry: team-a, registry_token: "o{{ x | d(\'ld\') }}", state: absent'],
    [
      'an update',
      'registry: team-a, registry_token: "{{ x | default(\'old\') }}", state: update, status: disabled',
    ],
    [
      'a variable of Ansible',
      'registry: team-a, registry_token: "{{ vars.x | default(\'old\') }}", state: absent',
    ],
    [
      'a variable that a task sets',
      'registry: team-a, registry_token: "{{ f | default(\'old\') }}", state: absent',
    ],
  ])('%s', (_, options) => {
    const { entries, left } = converted(`- set_fact: { f: x }\n- registry_token: { ${options} }\n`);
    expect(entries).toEqual([]);
    expect(left.join('\n')).toMatch(/^2: .*not/m);
  });

  test('a create takes it, and says so', () => {
    const { entries, left } = converted(
      '- registry_token: { registry: team-a, name: "{{ x | default(\'old\') }}" }\n',
    );
    expect(entries).toEqual([made]);
    expect(left).toEqual(['1: x is not defined in these files: using its default']);
  });

  test('an item that is known lacks it', () => {
    const task =
      '- { registry_token: { registry: team-a, registry_token: "{{ item.name | default(\'old\') }}", state: absent }, loop: [{}] }\n';
    expect(converted(task).entries).toEqual([wanted]);
  });
});

describe('a state that is not known is no present', () => {
  test.each([
    'registry_token: { registry: team-a, registry_token: old, name: old, state: "{{ wanted }}" }',
    'registry_token: { registry: team-a, registry_token: old, name: old, state: "{{ x | lower }}" }',
    'docker_hub_personal_token: { token: t, token_label: old, command: "{{ wanted }}" }',
  ])('%s', (task) => {
    const { entries, left } = converted(`- ${task}\n`);
    expect(entries).toEqual([]);
    expect(left.at(-1)).toMatch(/^1: unknown (?:state|command)/);
  });
});

describe('keywords that give a module its options', () => {
  test.each([
    [
      'args',
      '- { registry_token: { registry: team-a, registry_token: old }, args: { state: absent } }\n',
      [wanted],
    ],
    // The module's own win.
    [
      'args of the same name',
      '- { registry_token: { registry: team-a, name: old, state: present }, args: { state: absent } }\n',
      [made],
    ],
    ['args by a template', '- { registry_token: { registry: team-a, name: old }, args: "{{ more }}" }\n', []],
    ['options by a template', '- registry_token: "{{ options }}"\n', []],
  ])('%s', (_, text, expected) => {
    expect(converted(text).entries).toEqual(expected);
  });

  test.each([
    ['module_defaults', 'module_defaults: { registry_token: { registry: team-a } }\n', [wanted]],
    [
      'by its long name',
      'module_defaults: { ionoscloudsdk.ionoscloud.registry_token: { registry: team-a } }\n',
      [wanted],
    ],
    ['by a template', 'module_defaults: "{{ defaults }}"\n', []],
    ['of a group', 'module_defaults: { group/ionoscloudsdk.ionoscloud.all: { registry: team-a } }\n', []],
    ['of another module', 'module_defaults: { debug: { registry: team-a } }\n', []],
    [
      'that say where the server is',
      'module_defaults: { registry_token: { registry: team-a, api_url: "{{ url }}" } }\n',
      [],
    ],
    [
      'an environment that says it',
      'environment: { IONOS_API_URL: "{{ url }}" }\nmodule_defaults: { registry_token: { registry: team-a } }\n',
      [],
    ],
    [
      'an environment that is not known',
      'environment: "{{ env }}"\nmodule_defaults: { registry_token: { registry: team-a } }\n',
      [],
    ],
  ])('%s', (_, head, expected) => {
    const { entries, left } = converted(
      play('- registry_token: { registry_token: old, state: absent }\n', head),
    );
    expect(entries).toEqual(expected);
    if (expected.length === 0) expect(left.length).toBeGreaterThan(0);
  });
});
