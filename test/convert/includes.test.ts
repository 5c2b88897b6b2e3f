import { describe, expect, test } from 'vitest';
import { converted, indent, make, play, remove } from './fixtures.ts';

const gone = 'absent registry_token:team-a/victim';
const there = 'present registry_token:team-a/victim';

describe('keywords of a dynamic include govern the include alone', () => {
  const entriesOf = (include: string, more: string, after = '') =>
    converted({ 'play.yml': play(include + after), 'more.yml': more }).entries;

  test('ignore_errors does not pass on: a check in the file ends the play', () => {
    const check = '- assert: { that: [safe] }\n';
    const include = '- { include_tasks: more.yml, ignore_errors: true }\n';
    expect(entriesOf(include, check, remove('victim'))).toEqual([]);
    expect(entriesOf(include.replace('include_', 'import_'), check, remove('victim'))).toEqual([gone]);
  });

  test('tags do not pass on', () => {
    const never = remove('victim', 'tags: never');
    expect(entriesOf('- { include_tasks: { file: more.yml }, tags: always }\n', never)).toEqual([]);
    expect(entriesOf('- { include_tasks: more.yml, tags: always }\n', remove('victim'))).toEqual([gone]);
    // They select the include itself.
    expect(
      entriesOf('- { include_tasks: more.yml, tags: never }\n', remove('victim', 'tags: always')),
    ).toEqual([]);
    expect(entriesOf('- { import_tasks: more.yml, tags: always }\n', never)).toEqual([gone]);
    // Those of a block around it pass on.
    const block = `- tags: never\n  block:\n    - { include_tasks: more.yml, tags: always }\n`;
    expect(entriesOf(block, remove('victim'))).toEqual([]);
  });

  test.each([
    'check_mode: false',
    'environment: { IONOS_TOKEN: x }',
    'module_defaults: { registry_token: { state: absent } }',
    'become: true',
  ])('Ansible rejects any other: %s', (keyword) => {
    const block = `- check_mode: true\n  block:\n    - { include_tasks: more.yml, ${keyword} }\n`;
    expect(entriesOf(block, remove('victim'))).toEqual([]);
    for (const module of ['include_tasks', 'include']) {
      const include = `- { ${module}: more.yml, ${keyword} }\n`;
      expect(entriesOf(include, make('victim'))).toEqual([]);
      expect(entriesOf(include, '[]', remove('victim'))).toEqual([]);
    }
  });

  test('Ansible rejects a loop of a static import', () => {
    expect(entriesOf('- { import_tasks: more.yml, loop: [1] }\n', make('victim'))).toEqual([]);
    expect(entriesOf('- { import_tasks: more.yml, with_items: [1] }\n', '[]', remove('victim'))).toEqual([]);
  });

  test('those of a playbook import do not pass on either, but for when, tags and vars', () => {
    const text = (keywords: string) => ({
      'play.yml': `- { import_playbook: more.yml, ${keywords} }\n`,
      'more.yml': play(`- assert: { that: [safe] }\n${remove('victim')}`),
    });
    expect(converted(text('ignore_errors: true')).entries).toEqual([]);
    const never = { ...text('tags: never'), 'more.yml': play(remove('victim')) };
    expect(converted(never).entries).toEqual([]);
  });
});

describe('what is not read may create a token again, so an earlier delete is left out', () => {
  test.each([
    ['an include by a template', '- include_tasks: "{{ op }}.yml"\n'],
    ['a file that is not given', '- include_tasks: other.yml\n'],
    [
      'a loop over files',
      '- { include_tasks: "{{ item }}", loop: "{{ query(\'fileglob\', \'*.yml\') }}" }\n',
    ],
    ['a role that is not given', '- include_role: { name: other }\n'],
    ['on a condition', '- { import_tasks: other.yml, when: x }\n'],
  ])('%s', (_, include) => {
    const { entries, left } = converted({
      'play.yml': play(`- import_tasks: create.yml\n${remove('victim')}${include}`),
      'create.yml': make('victim'),
    });
    expect(entries).toEqual([]);
    expect(left).toContainEqual(
      expect.stringMatching(/^4: .*the delete is not converted, as line 5 may create/),
    );
  });

  test('a playbook that is not given as well, and a list of roles', () => {
    expect(converted(`${play(remove('victim'))}- import_playbook: other.yml\n`).entries).toEqual([]);
    const roles = `- hosts: localhost\n  pre_tasks:\n${indent(remove('victim'))}  roles: "{{ some }}"\n`;
    expect(converted(roles).entries).toEqual([]);
  });

  test('unless it never runs', () => {
    expect(
      converted(play(`${remove('victim')}- { include_tasks: other.yml, when: false }\n`)).entries,
    ).toEqual([gone]);
  });
});

describe('a file is one that Ansible would find', () => {
  test.each([
    [
      'tasks elsewhere',
      { 'site.yml': play('- include_tasks: cleanup.yml\n'), 'attic/cleanup.yml': remove('victim') },
    ],
    [
      'tasks in a folder',
      { 'site.yml': play('- include_tasks: cleanup.yml\n'), 'tasks/cleanup.yml': remove('victim') },
    ],
    [
      'a playbook elsewhere',
      { 'site.yml': '- import_playbook: more.yml\n', 'attic/more.yml': play(remove('victim')) },
    ],
    [
      'a role elsewhere',
      { 'site.yml': play('', 'roles: [a]\n'), 'attic/roles/a/tasks/main.yml': remove('victim') },
    ],
    [
      'tasks of a role',
      {
        'site.yml': play('', 'roles: [a]\n'),
        'roles/a/tasks/main.yml': '- include_tasks: cleanup.yml\n',
        'cleanup.yml': remove('victim'),
      },
    ],
    [
      'variables elsewhere',
      {
        'site.yml': play(remove('"{{ v }}"'), 'vars_files: [v.yml]\n'),
        'attic/v.yml': 'v: victim\n',
      },
    ],
  ])('not %s', (_, files) => {
    const { entries, left } = converted(files);
    expect(entries).toEqual([]);
    expect(left.join('\n')).toMatch(/is not among the files/);
  });

  test.each([
    ['beside it', { 'a/site.yml': play('- include_tasks: b.yml\n'), 'a/b.yml': remove('victim') }],
    [
      'in a folder',
      { 'a/site.yml': play('- include_tasks: tasks/b.yml\n'), 'a/tasks/b.yml': remove('victim') },
    ],
    [
      'from there',
      {
        './site.yml': play('- include_tasks: tasks/b.yml\n'),
        './tasks/b.yml': '- include_tasks: c.yml\n- include_tasks: tasks/d.yml\n',
        './tasks/c.yml': '- debug: {}\n',
        './tasks/d.yml': remove('victim'),
      },
    ],
    [
      'in a role',
      {
        '/x/site.yml': play('', 'roles: [a]\n'),
        '/x/roles/a/tasks/main.yml': '- include_tasks: sub/b.yml\n',
        '/x/roles/a/tasks/sub/b.yml': '- include_tasks: c.yml\n',
        '/x/roles/a/tasks/c.yml': remove('victim'),
      },
    ],
    [
      'roles beside the folder of playbooks',
      { 'playbooks/site.yml': play('', 'roles: [a]\n'), 'roles/a/tasks/main.yml': remove('victim') },
    ],
  ])('but %s', (_, files) => {
    expect(converted(files).entries).toEqual([gone]);
  });
});

test('a file of tasks that no playbook includes is not known to run', () => {
  const files = { 'play.yml': play(make('other')), 'tasks/old.yml': remove('victim') + make('new') };
  const { entries, left } = converted(files);
  expect(entries).toEqual(['present registry_token:team-a/other']);
  expect(left).toEqual([
    'tasks/old.yml:1: no playbook among the files includes this file; the task is not converted',
    'tasks/old.yml:2: no playbook among the files includes this file; the task is not converted',
  ]);
});

test('a file of variables that is read into one variable is not reported as tasks', () => {
  const { entries, left } = converted({
    'play.yml': play(`- include_vars: { file: w.yml, name: a }\n${make('victim')}`),
    'w.yml': 'x: 1\n',
  });
  expect({ entries, left }).toEqual({ entries: [there], left: [] });
});

describe('hosts', () => {
  test.each([
    '[localhost, "!localhost"]',
    '[localhost, "{{ more }}"]',
    '"localhost:!localhost"',
    '[localhost, "&a"]',
  ])('a pattern may exclude this machine: %s', (hosts) => {
    expect(converted(`- hosts: ${hosts}\n  tasks:\n${indent(remove('victim'))}`).entries).toEqual([]);
  });
  test('a plain name does not', () => {
    expect(
      converted(`- hosts: [localhost, web-1.example.com]\n  tasks:\n${indent(remove('victim'))}`).entries,
    ).toEqual([gone]);
  });
});

test('an end of the play in a rescue skips what always runs', () => {
  const text = `- block:\n    - debug: {}\n  rescue:\n    - meta: end_play\n  always:\n${indent(remove('victim'))}`;
  expect(converted(play(text)).entries).toEqual([]);
  const failing = text.replace('meta: end_play', 'fail: {}');
  expect(converted(play(failing)).entries).toEqual([gone]);
});
