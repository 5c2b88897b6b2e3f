import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import type { HealthCheck } from '../../src/core/model/health-check.ts';
import type { Change, Plan } from '../../src/core/model/plan.ts';
import { renderCheckup } from '../../src/render/doctor-text.ts';
import { renderPlanText } from '../../src/render/plan-text.ts';
import { renderProblem } from '../../src/render/problem-text.ts';
import { renderResultText } from '../../src/render/result-text.ts';
import { printable } from '../../src/render/sanitize.ts';
import { change, created, result } from './changes.ts';

const style = { width: 80, color: false, terminal: true };

function planText(changes: readonly Change[], guards: Plan['guards'] = []): string {
  return renderPlanText({ version: 1, changes, guards, digest: 'sha256:0' }, style);
}

describe('a plan as text', () => {
  it('has a title for each change, what is done, and a line that sums up', () => {
    const text = planText([
      created,
      change('deploy', 18, {
        action: 'patch',
        fields: [{ field: 'status', before: 'enabled', after: 'disabled' }],
      }),
      change('new-name', 27, {
        action: 'replace',
        replaceOrder: 'create_first',
        fields: [{ field: 'name', before: 'old-name', after: 'new-name' }],
      }),
      change('legacy', 33, { action: 'delete', reason: 'declared absent' }),
      change('same', 40, { action: 'noop', reason: 'as declared' }),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "  + registry_token  team-a/ci-push                                 tokens.yaml:9
            no token has this name
            scopes        repository app: pull, push
            expiry_date   2027-06-30T00:00:00Z
            secret        → file secrets/ci-push.json
        ~ registry_token  team-a/deploy                                 tokens.yaml:18
            status        enabled → disabled
      -/+ registry_token  team-a/old-name → new-name                    tokens.yaml:27
            name          old-name → new-name   immutable: new token first, then the
                          old one is deleted
        - registry_token  team-a/legacy                                 tokens.yaml:33
            declared absent

      Plan: 1 to create, 1 to patch, 1 to replace, 1 to delete. 1 unchanged.
      "
    `);
  });

  it('tells errors with what to do, warnings, and refusals', () => {
    const text = planText(
      [
        change('bad', 3, {
          action: 'error',
          error: { code: 'IMMUTABLE', message: "name can't be changed", hint: 'set allow_replace: true' },
        }),
        change('foreign', 5, {
          action: 'noop',
          warnings: [
            'its secret is not known to be in file:secrets/foreign.json, as the token was not made here',
          ],
        }),
      ],
      [{ code: 'PLAN_UNSAFE', message: 'team-a/x is protected', hint: 'take protected: true out' }],
    );
    expect(text).toMatchInlineSnapshot(`
      "  ! registry_token  team-a/bad                                     tokens.yaml:3
            IMMUTABLE: name can't be changed
            → set allow_replace: true
          registry_token  team-a/foreign                                 tokens.yaml:5
            warning: its secret is not known to be in file:secrets/foreign.json, as
            the token was not made here
            refused: team-a/x is protected
            → take protected: true out

      Plan: 0 to create, 0 to patch, 0 to replace, 0 to delete. 1 unchanged. 1 error.
      "
    `);
  });

  it('shows of long lists only what differs', () => {
    const scope = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] });
    const text = planText([
      change('deploy', 18, {
        action: 'patch',
        fields: [{ field: 'scopes', before: ['a', 'b', 'c'].map(scope), after: ['b', 'c', 'd'].map(scope) }],
      }),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "  ~ registry_token  team-a/deploy                                 tokens.yaml:18
            scopes        - repository a: pull, push
                          + repository d: pull, push

      Plan: 0 to create, 1 to patch, 0 to replace, 0 to delete. 0 unchanged.
      "
    `);
  });

  it('says which token goes first, where the old one does', () => {
    const text = planText([
      change('new', 27, {
        action: 'replace',
        replaceOrder: 'delete_first',
        fields: [{ field: 'name', before: 'old', after: 'new' }],
      }),
    ]);
    expect(text).toContain('old → new   immutable: the old token is deleted first');
  });

  test.each([
    { why: 'nothing', changes: [], line: 'No changes. 0 unchanged.' },
    { why: 'nothing to do', changes: [change('a', 1, { action: 'noop' })], line: 'No changes. 1 unchanged.' },
    {
      why: 'an error',
      changes: [change('a', 1, { action: 'error' })],
      line: 'Plan: 0 to create, 0 to patch, 0 to replace, 0 to delete. 0 unchanged. 1 error.',
    },
    {
      why: 'errors and a delivery',
      changes: [
        change('a', 1, { action: 'error' }),
        change('b', 2, { action: 'error' }),
        change('c', 3, { action: 'deliver' }),
      ],
      line: 'Plan: 0 to create, 0 to patch, 0 to replace, 0 to delete, 1 to deliver. 0 unchanged. 2 errors.',
    },
  ])('sums up $why', ({ changes, line }) => {
    expect(planText(changes).trimEnd().split('\n').at(-1)).toBe(line);
  });
});

describe('what was done, as text', () => {
  it('tells what became of each change, and sums up', () => {
    const text = renderResultText(
      [
        result('ci-push', {
          action: 'create',
          status: 'applied',
          deliveredTo: ['file:secrets/ci-push.json'],
        }),
        result('deploy', {
          action: 'patch',
          status: 'failed',
          error: { code: 'API_REJECTED', message: 'no' },
        }),
        result('late', { action: 'delete', status: 'not_run' }),
        result('same', { action: 'noop', status: 'unchanged' }),
      ],
      style,
    );
    expect(text).toMatchInlineSnapshot(`
      "  + registry_token  team-a/ci-push                                       created
            secret        → file secrets/ci-push.json
        ~ registry_token  team-a/deploy                                         failed
            API_REJECTED: no
        - registry_token  team-a/late                                          not run

      Apply: 1 created, 0 patched, 0 replaced, 0 deleted. 1 unchanged. 1 failed, 1 not run.
      "
    `);
  });

  it('has what became of a token on a line of its own where both are too long for one', () => {
    const long = result(`${'long-'.repeat(10)}name`, { action: 'delete', status: 'applied' });
    const [first, second] = renderResultText([long], style).split('\n');
    expect(first).toBe(`  - registry_token  team-a/${'long-'.repeat(10)}name`);
    expect(second).toBe('deleted'.padStart(80));
    expect(renderResultText([long], { ...style, terminal: false })).toContain('name  deleted\n');
  });

  it('is one line where nothing was to do', () => {
    expect(renderResultText([result('same', { action: 'noop', status: 'unchanged' })], style)).toBe(
      'Apply: 0 created, 0 patched, 0 replaced, 0 deleted. 1 unchanged.\n',
    );
  });
});

it('a problem as text has its place, the line of the manifest, and what to do', () => {
  const text = renderProblem(
    {
      code: 'MANIFEST_INVALID',
      message: 'unknown key stauts',
      hint: 'did you mean status?',
      source: {
        file: 'a.yaml',
        line: 6,
        column: 5,
        path: 'tokens[0].stauts',
        excerpt: '    stauts: enabled\n    ^',
      },
    },
    'error',
    style,
  );
  expect(text).toMatchInlineSnapshot(`
    "a.yaml:6:5: error: tokens[0].stauts: unknown key stauts
        |     stauts: enabled
        |     ^
        → did you mean status?
    "
  `);
});

it('what doctor found fits the terminal, with colours as without', () => {
  const checks: readonly HealthCheck[] = [
    { name: 'reconcile', state: 'fine', message: '0.1.0' },
    { name: 'proxy', state: 'skipped', message: 'none is set' },
    {
      name: 'IONOS: access',
      state: 'wrong',
      message: `the service refused the credentials, ${'and said so '.repeat(5)}at length`,
      fix: `look at IONOS_TOKEN, ${'and look again '.repeat(5)}`.trim(),
    },
  ];
  const plain = renderCheckup(checks, style);
  expect(plain).toMatchInlineSnapshot(`
    "✓ reconcile  0.1.0
    – proxy  none is set
    ✗ IONOS: access  the service refused the credentials, and said so and said so
      and said so and said so and said so at length
        → look at IONOS_TOKEN, and look again and look again and look again and look
          again and look again

    1 problem found.
    "
  `);
  expect(stripVTControlCharacters(renderCheckup(checks, { ...style, color: true }))).toBe(plain);
});

describe('a problem that is wider than the terminal', () => {
  const problem = {
    code: 'MANIFEST_INVALID',
    message: `the service takes no such name: "${'long-'.repeat(8)}name", and ${'says why '.repeat(6)}at length`,
    source: {
      file: 'tokens/a.yaml',
      line: 6,
      column: 70,
      path: 'tokens[0].name',
      excerpt: `${'{ a: b, '.repeat(8)}name: ${'long-'.repeat(12)}\n${' '.repeat(70)}^`,
    },
  } as const;

  test.each([60, 80, 120])(
    'has lines of at most %i characters, the mark under what it points at',
    (width) => {
      const lines = renderProblem(problem, 'error', { ...style, width }).split('\n');
      expect(lines[0]).toMatch(/^tokens\/a\.yaml:6:70: error: tokens\[0\]\.name: the/);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      const mark = lines.findIndex((line) => line.endsWith('^'));
      expect(lines[mark - 1]?.slice((lines[mark]?.length ?? 0) - 1)).toMatch(/^long-long-/);
    },
  );

  it('is one line where it goes to a file', () => {
    const text = renderProblem(problem, 'error', { ...style, terminal: false });
    expect(text).toContain(`error: tokens[0].name: ${problem.message}\n`);
  });
});

describe('control characters and escapes', () => {
  test.each([
    { why: 'a colour', text: 'a\u001b[31mb', shown: 'a\\u001b[31mb' },
    { why: 'a one-byte escape', text: 'a\u009b31mb', shown: 'a\\u009b31mb' },
    { why: 'a new line', text: 'a\nb', shown: 'a\\u000ab' },
    { why: 'a carriage return', text: 'a\rb', shown: 'a\\u000db' },
    { why: 'a bell', text: 'a\u0007', shown: 'a\\u0007' },
    { why: 'a turn of the direction of writing', text: 'a\u202eb', shown: 'a\\u202eb' },
    { why: 'a tag that no one sees', text: 'a\u{e0041}b', shown: 'a\\udb40\\udc41b' },
    {
      why: 'what GitHub takes for a command',
      text: 'a ::stop-commands::x',
      shown: 'a \\u003a:stop-commands::x',
    },
    { why: 'what it took for one before', text: 'a ##[error]x', shown: 'a #\\u0023[error]x' },
    { why: 'letters of all kinds are left as they are', text: 'grün 漢字 🙂 →', shown: 'grün 漢字 🙂 →' },
  ])('are made visible: $why', ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });

  const evil = 'x\u001b[2K\rfake';
  test.each([
    { where: 'the name', change: change(evil, 1, { action: 'delete' }) },
    {
      where: 'the file',
      change: change('a', 1, { action: 'delete', source: { file: evil, line: 1, column: 1 } }),
    },
    { where: 'the reason', change: change('a', 1, { action: 'create', reason: evil }) },
    {
      where: 'a value',
      change: change('a', 1, { action: 'patch', fields: [{ field: 'status', before: evil, after: evil }] }),
    },
    {
      where: 'a field',
      change: change('a', 1, { action: 'patch', fields: [{ field: evil, before: 'a', after: 'b' }] }),
    },
    {
      where: 'a scope',
      change: change('a', 1, {
        action: 'create',
        fields: [{ field: 'scopes', before: null, after: [{ type: evil, name: evil, actions: [evil] }] }],
      }),
    },
    {
      where: 'a renaming',
      change: change('a', 1, { action: 'replace', fields: [{ field: 'name', before: evil, after: evil }] }),
    },
    { where: 'a sink', change: change('a', 1, { action: 'create', secret: [`file:${evil}`] }) },
    {
      where: 'an error',
      change: change('a', 1, { action: 'error', error: { code: 'AUTH', message: evil, hint: evil } }),
    },
    { where: 'a warning', change: change('a', 1, { action: 'noop', warnings: [evil] }) },
  ])('never reach the terminal from $where', ({ change: shown }) => {
    const text = planText([shown]);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\r');
    expect(text).toContain('x\\u001b[2K\\u000dfake');
  });
});

describe('colours', () => {
  it('are there where they are asked for, and change no letter', () => {
    const coloured = renderPlanText(
      { version: 1, changes: [created], guards: [], digest: '' },
      { ...style, color: true },
    );
    expect(coloured).toContain('\u001b[32m');
    const esc = String.fromCharCode(27);
    expect(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(planText([created]));
  });
});
