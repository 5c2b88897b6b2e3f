import { describe, expect, test } from 'vitest';
import { converted, indent, make, play, remove } from './fixtures.ts';

const gone = 'absent registry_token:team-a/victim';
const there = 'present registry_token:team-a/victim';

test('a task that certainly runs is converted', () => {
  for (const text of [
    remove('victim'),
    play(remove('victim')),
    remove('victim', 'when: true'),
    remove('victim', 'when: [true, "true"]'),
    remove('victim', 'tags: [cleanup]'),
    remove('victim', 'tags: [never, always]'),
    remove('victim', 'check_mode: false, ignore_errors: true, no_log: true, run_once: true'),
    play(`- block:\n${indent(remove('victim'))}`),
    play(`- block: []\n  always:\n${indent(remove('victim'))}`),
    play('', `pre_tasks:\n${indent(remove('victim'), 2)}`),
    play('', `post_tasks:\n${indent(remove('victim'), 2)}`),
    `- hosts: [localhost]\n  tasks: &list\n${indent(remove('victim'))}`,
  ]) {
    expect(converted(text).entries, text).toEqual([gone]);
  }
});

describe('a task that might not run is left out, whatever it does, and reported with its line', () => {
  const kinds = [remove, make];
  test.each([
    { why: 'when', more: 'when: cleanup | bool', says: 'when: cleanup | bool' },
    { why: 'several conditions', more: 'when: [a, b]', says: 'when: a and b' },
    { why: 'never', more: 'when: false', says: 'when: false' },
    { why: 'no is false', more: 'when: no', says: 'when: false' },
    { why: 'an unquoted condition', more: 'when: "{{ cleanup }}"', says: 'when' },
    { why: 'the tag never', more: 'tags: never', says: 'tags: never' },
    { why: 'among other tags', more: 'tags: [cleanup, never]', says: 'tags: never' },
    { why: 'in one text', more: 'tags: "cleanup, never"', says: 'tags: never' },
    { why: 'tags that are not known', more: 'tags: "{{ tags }}"', says: 'tags' },
    { why: 'check mode', more: 'check_mode: true', says: 'check_mode' },
    { why: 'yes is true', more: 'check_mode: yes', says: 'check_mode' },
    { why: 'check mode by a template', more: 'check_mode: "{{ dry }}"', says: 'check_mode' },
    { why: 'a misspelt keyword', more: 'whne: cleanup', says: 'whne' },
    { why: 'a handler by its keyword', more: 'listen: cleaned', says: 'a handler' },
    { why: 'a loop that is not known', more: `loop: "{{ query('x') }}"`, says: 'loop' },
    { why: 'a loop of another sort', more: 'with_dict: { a: 1 }', says: 'with_dict' },
    {
      why: 'a loop that may end earlier',
      more: 'loop: [1], loop_control: { break_when: x }',
      says: 'break_when',
    },
    { why: 'two loops', more: 'loop: [1], with_items: [1]', says: 'loop' },
  ])('$why', ({ more, says }) => {
    for (const of of kinds) {
      const { entries, left } = converted(`- debug: {}\n${of('victim', more)}`);
      expect(entries).toEqual([]);
      expect(left).toEqual([expect.stringMatching(/^2: .*; the task is not converted$|rejects it/)]);
      expect(left.join()).toContain(says);
    }
  });

  test.each([
    { around: 'a block', text: (task: string) => `- block:\n${indent(task)}  when: cleanup\n`, line: 2 },
    {
      around: 'a block in a block',
      text: (task: string) => `- when: cleanup\n  block:\n    - block:\n${indent(task, 8)}`,
      line: 4,
    },
    {
      around: 'always of such a block',
      text: (task: string) => `- when: cleanup\n  block: []\n  always:\n${indent(task)}`,
      line: 4,
    },
    {
      around: 'rescue',
      text: (task: string) => `- block:\n    - debug: {}\n  rescue:\n${indent(task)}`,
      line: 4,
    },
    {
      around: 'a block of check mode',
      text: (task: string) => `- check_mode: true\n  block:\n${indent(task)}`,
      line: 3,
    },
    {
      around: 'a block with the tag never',
      text: (task: string) => `- tags: [never]\n  block:\n${indent(task)}`,
      line: 3,
    },
    {
      around: 'a block with a misspelt keyword',
      text: (task: string) => `- wehn: no\n  block:\n${indent(task)}`,
      line: 3,
    },
    {
      around: 'a merged key',
      text: (task: string) => task.replace('- {', '- { <<: { when: cleanup },'),
      line: 1,
    },
    {
      around: 'handlers',
      text: (task: string) => `- hosts: localhost\n  handlers:\n${indent(task)}`,
      line: 3,
    },
    { around: 'a play with when', text: (task: string) => play(task, 'when: cleanup\n'), line: 4 },
    { around: 'a play with the tag never', text: (task: string) => play(task, 'tags: never\n'), line: 4 },
    { around: 'a play in check mode', text: (task: string) => play(task, 'check_mode: yes\n'), line: 4 },
    { around: 'a play without hosts', text: (task: string) => `- tasks:\n${indent(task)}`, line: 2 },
    { around: 'a play with a misspelt keyword', text: (task: string) => play(task, 'host: all\n'), line: 4 },
    { around: 'an end of the play', text: (task: string) => play(`- meta: end_play\n${task}`), line: 4 },
    { around: 'a failure', text: (task: string) => play(`- fail: { msg: no }\n${task}`), line: 4 },
  ])('within $around', ({ text, line }) => {
    for (const of of kinds) {
      const { entries, left } = converted(text(of('victim')));
      expect(entries).toEqual([]);
      expect(left).toEqual([expect.stringMatching(new RegExp(`^${line}: .*not converted`))]);
    }
  });

  test('check mode of a task is its own, and so is that of a block', () => {
    expect(converted(play(remove('victim', 'check_mode: no'), 'check_mode: yes\n')).entries).toEqual([gone]);
  });
});

describe('a task that might not run never decides over another one about the same token', () => {
  test.each([['tags: never'], ['when: cleanup'], ['when: false'], ['check_mode: true'], ['listen: x']])(
    'after a create, a delete with %s',
    (more) => {
      const { entries, left } = converted(make('victim') + remove('victim', more));
      expect(entries).toEqual([there]);
      expect(left).toEqual([expect.stringMatching(/^2: .*not converted/)]);
    },
  );

  test('an update on a condition changes nothing of an entry', () => {
    const update =
      '- { registry_token: { registry: team-a, registry_token: victim, state: update, status: disabled }, when: x }\n';
    expect(converted(make('victim') + update).entries).toEqual([there]);
  });

  test('a create on a condition after a delete: the token may be in use', () => {
    const { entries, left } = converted(remove('victim') + make('victim', 'when: again'));
    expect(entries).toEqual([]);
    expect(left).toEqual([
      expect.stringMatching(
        /^1: registry_token:team-a\/victim: the delete is not converted, as line 2 may create/,
      ),
      expect.stringMatching(/^2: when: again/),
    ]);
  });

  test.each([
    ['a name that is not known', '- registry_token: { registry: team-a, name: "{{ next }}" }\n'],
    ['a registry that is not known', '- registry_token: { registry: "{{ where }}", name: victim }\n'],
    [
      'a default of a variable that is not defined',
      `- registry_token: { registry: team-a, name: "{{ next | default('other') }}" }\n`,
    ],
    [
      'a state that is not known',
      '- registry_token: { registry: team-a, name: victim, state: "{{ wanted }}" }\n',
    ],
    [
      'a rename to it on a condition',
      '- { registry_token: { registry: team-a, registry_token: a, name: victim, state: update }, when: x }\n',
    ],
    ['options as text', '- registry_token: registry=team-a name=victim\n'],
    ['the older spelling', '- local_action: registry_token registry=team-a name=victim\n'],
    ['two modules', '- { registry_token: { registry: team-a, name: victim }, debug: {} }\n'],
  ])('nor does a delete stay if it may be created again: by %s', (_, text) => {
    const { entries, left } = converted(remove('victim') + text);
    expect(entries).not.toContain(gone);
    expect(left).toContainEqual(expect.stringMatching(/^1: .*the delete is not converted/));
  });

  test('before a delete that certainly runs it does not matter, nor does one about another token', () => {
    expect(converted(make('victim', 'when: x') + remove('victim')).entries).toEqual([gone]);
    expect(converted(remove('victim') + make('other', 'when: x')).entries).toEqual([gone]);
    expect(converted(remove('victim') + remove('other', 'when: x')).entries).toEqual([gone]);
  });

  test('deleted and created again, the token is declared', () => {
    expect(converted(remove('victim') + make('victim')).entries).toEqual([there]);
  });

  test('of two playbooks it is not known which runs last', () => {
    for (const files of [
      { 'a.yml': play(make('victim')), 'b.yml': play(remove('victim')) },
      { 'a.yml': play(remove('victim')), 'b.yml': play(make('victim')) },
    ]) {
      const { entries, left } = converted(files);
      expect(entries).toEqual([there]);
      expect(left).toEqual([expect.stringMatching(/^[ab]\.yml:3: .*the delete is not converted/)]);
    }
    const { entries } = converted({
      'a.yml': play(make('victim', 'when: x')),
      'b.yml': play(remove('victim')),
    });
    expect(entries).toEqual([]);
  });
});

describe('what follows a task that may end the play is not deleted', () => {
  const stops = [
    ['assert', '- assert: { that: [safe] }\n'],
    ['ansible.builtin.assert', '- ansible.builtin.assert: { that: [safe] }\n'],
    ['fail', '- { fail: { msg: no }, when: unsafe }\n'],
    ['fail in a loop', '- { fail: { msg: no }, loop: [] }\n'],
    ['the older spelling', '- action: assert that=safe\n'],
    ['meta: end_play', '- { meta: end_play, when: done }\n'],
    ['meta: end_host', '- { ansible.builtin.meta: end_host, when: done }\n'],
    ['meta: end_batch', '- { meta: end_batch, when: done }\n'],
    ['meta: end_role', '- { meta: end_role, when: done }\n'],
    ['pause', '- pause: { prompt: "Sure?" }\n'],
    ['a command', '- command: ./is-unused victim\n'],
    ['a module that is not known', '- my.company.check: {}\n'],
    ['failed_when', '- { debug: {}, register: r, failed_when: r.x }\n'],
    ['until', '- { stat: { path: x }, register: r, until: r.stat.exists }\n'],
    ['a mandatory variable', '- debug: { msg: "{{ confirmed | mandatory }}" }\n'],
    ['include_tasks', '- include_tasks: more.yml\n'],
    ['import_tasks', '- import_tasks: more.yml\n'],
    ['include_role', '- include_role: { name: tokens }\n'],
    ['import_role', '- ansible.builtin.import_role: { name: tokens }\n'],
    ['an include by a template', '- include_tasks: "{{ file }}"\n'],
    ['failed_when of one of ours', make('other', 'register: r, failed_when: r.x')],
    ['one of ours that Ansible refuses', '- registry_token: { registry: team-a, nmae: x }\n'],
    ['one of ours that lacks its name', '- registry_token: { registry: team-a, registry_token: x }\n'],
    ['one of ours whose state is none', '- registry_token: { registry: team-a, name: x, state: on }\n'],
    ['one of ours whose switch is none', '- registry_token: { registry: team-a, name: x, wait: maybe }\n'],
    ['a task that Ansible refuses', '- { name: nothing }\n'],
  ] as const;
  test.each(stops)('%s', (_, text) => {
    const { entries, left } = converted(play(text + remove('victim')));
    expect(entries).not.toContain(gone);
    expect(left).toContainEqual(expect.stringMatching(/^4: .*(?:the delete is|task is) not converted/));
    // It may be a rename, which deletes as well.
    const rename =
      '- registry_token: { registry: team-a, registry_token: victim, name: b, state: update, allow_replace: true }\n';
    expect(converted(play(text + rename)).entries.join()).not.toMatch(/team-a\/b/);
    // What can't delete is converted.
    expect(converted(play(text + make('victim'))).entries).toContain(there);
  });

  test('in later plays as well, and after roles and playbooks that are not given', () => {
    const assertion = '- assert: { that: [safe] }\n';
    expect(converted(play(assertion) + play(remove('victim'))).entries).toEqual([]);
    expect(converted(play(remove('victim'), 'roles: [tokens]\n')).entries).toEqual([]);
    expect(converted(`- import_playbook: more.yml\n${play(remove('victim'))}`).entries).toEqual([]);
    // An end of a play ends that one.
    const ended = play('- { meta: end_play, when: done }\n') + play(remove('victim'));
    expect(converted(ended).entries).toEqual([gone]);
    // Handlers run between the sections.
    const handlers = 'handlers: [{ name: check, command: ./check }]\n';
    expect(converted(play(remove('victim'), handlers)).entries).toEqual([gone]);
    expect(converted(play('', `${handlers}post_tasks:\n${indent(remove('victim'), 2)}`)).entries).toEqual([]);
    const flushed = `- meta: flush_handlers\n${remove('victim')}`;
    expect(converted(play(flushed, handlers)).entries).toEqual([]);
  });

  test.each([
    ['it follows', `${remove('victim')}- assert: { that: [safe] }\n`],
    ['it never runs', `- { fail: { msg: no }, when: false }\n${remove('victim')}`],
    ['it is run only by its tag', `- { assert: { that: [safe] }, tags: never }\n${remove('victim')}`],
    ['its failure is ignored', `- { assert: { that: [safe] }, ignore_errors: true }\n${remove('victim')}`],
    ['it can not fail', `- { command: ls, failed_when: false }\n${remove('victim')}`],
    ['a block rescues it', `- block:\n    - assert: { that: [safe] }\n  rescue: []\n${remove('victim')}`],
    [
      'always runs after it',
      `- block:\n    - assert: { that: [safe] }\n  always:\n${indent(remove('victim'))}`,
    ],
    [
      'it only writes or reports',
      `- debug: {}\n- copy: { dest: x }\n- pause: { seconds: 1 }\n${remove('victim')}`,
    ],
    ['it is one of ours', make('other') + remove('victim')],
  ])('unless %s', (_, tasks) => {
    expect(converted(play(tasks)).entries).toContain(gone);
  });

  test('within the block that is rescued it does', () => {
    const text = `- block:\n    - assert: { that: [safe] }\n${indent(remove('victim'))}  rescue: []\n`;
    expect(converted(play(text)).entries).toEqual([]);
  });
});

test('only this machine is certainly a host: an inventory may have no other', () => {
  for (const hosts of ['all', 'registries', '"{{ target }}"', '[a, b]']) {
    const text = `- hosts: ${hosts}\n  tasks:\n${indent(remove('victim') + make('other'))}`;
    const { entries, left } = converted(text);
    expect(entries).toEqual(['present registry_token:team-a/other']);
    expect(left).toEqual([expect.stringMatching(/^3: hosts: .* \(line 1\).*the delete is not converted/)]);
  }
});

test('tags that select tasks are told of once', () => {
  const { notes } = converted(make('a', 'tags: [ci]') + make('b', 'tags: [ci, deploy]') + make('c'));
  expect(notes).toEqual([expect.stringMatching(/^Tasks have tags \(ci, deploy\)/)]);
});

describe('files that include each other', () => {
  const tasks = remove('victim');
  const cases: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
    [
      'an include is followed where it stands',
      { 'play.yml': play('- include_tasks: more.yml\n'), 'more.yml': tasks },
      [gone],
    ],
    [
      'with its condition',
      { 'play.yml': play('- { include_tasks: more.yml, when: cleanup }\n'), 'more.yml': tasks },
      [],
    ],
    [
      'also if it is named first',
      { 'more.yml': tasks, 'play.yml': play('- { import_tasks: more.yml, tags: never }\n') },
      [],
    ],
    [
      'in another folder',
      {
        'play.yml': play('- { include_tasks: { file: tasks/more.yml }, when: x }\n'),
        'tasks/more.yml': tasks,
      },
      [],
    ],
    [
      'what an include applies is not read',
      { 'play.yml': play('- include_tasks: { file: more.yml, apply: { when: x } }\n'), 'more.yml': tasks },
      [],
    ],
    [
      'a template may name any file of tasks',
      { 'play.yml': play('- include_tasks: "{{ action }}.yml"\n'), 'more.yml': tasks },
      [],
    ],
    [
      'and so may options in a text',
      { 'play.yml': play('- { include_tasks: file=more.yml, when: x }\n'), 'more.yml': tasks },
      [],
    ],
    [
      'and the older spelling',
      { 'play.yml': play('- { action: include_tasks more.yml, when: x }\n'), 'more.yml': tasks },
      [],
    ],
    [
      'a circle has an end, but what runs again after a delete is not known',
      { 'play.yml': play('- include_tasks: more.yml\n'), 'more.yml': `${tasks}- include_tasks: more.yml\n` },
      [],
    ],
    [
      'a file that only a circle includes',
      { 'a.yml': `- include_tasks: b.yml\n${tasks}`, 'b.yml': '- include_tasks: a.yml\n' },
      [],
    ],
    ['a playbook', { 'play.yml': '- { import_playbook: more.yml, when: x }\n', 'more.yml': play(tasks) }, []],
    ['a role', { 'play.yml': play('', 'roles: [tokens]\n'), 'roles/tokens/tasks/main.yml': tasks }, [gone]],
    [
      'a role with a condition',
      { 'play.yml': play('', 'roles: [{ role: tokens, when: x }]\n'), 'roles/tokens/tasks/main.yml': tasks },
      [],
    ],
    [
      'a role with the tag never',
      {
        'play.yml': play('', 'roles: [{ role: tokens, tags: [never] }]\n'),
        'roles/tokens/tasks/main.yml': tasks,
      },
      [],
    ],
    [
      'an included role',
      {
        'play.yml': play('- { include_role: { name: tokens }, when: x }\n'),
        'roles/tokens/tasks/main.yml': tasks,
      },
      [],
    ],
    [
      'other tasks of a role',
      {
        'play.yml': play('- { include_role: { name: tokens, tasks_from: clean }, when: x }\n'),
        'roles/tokens/tasks/clean.yml': tasks,
      },
      [],
    ],
    [
      'a role by a template',
      { 'play.yml': play('- include_role: { name: "{{ role }}" }\n'), 'roles/tokens/tasks/main.yml': tasks },
      [],
    ],
    [
      'handlers of a role',
      {
        'play.yml': play('', 'roles: [tokens]\n'),
        'roles/tokens/tasks/main.yml': '- debug: {}\n',
        'roles/tokens/handlers/main.yml': tasks,
      },
      [],
    ],
    ['handlers alone', { 'roles/tokens/handlers/main.yml': tasks }, []],
    ['tasks of a role alone', { 'roles/tokens/tasks/main.yml': tasks }, [gone]],
  ];
  test.each(cases)('%s', (_, files, expected) => {
    const { entries, left } = converted(files);
    expect(entries).toEqual(expected);
    if (expected.length === 0) expect(left.length).toBeGreaterThan(0);
  });
});
