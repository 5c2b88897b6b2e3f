import { describe, expect, it, test } from 'vitest';
import { renderDone, renderResultText } from '../../src/render/result-text.ts';
import { result } from './changes.ts';
import { style } from './text-fixtures.ts';

const created = result('ci-push', {
  action: 'create',
  status: 'applied',
  deliveredTo: ['file:secrets/ci-push.json', 'docker'],
});
const failed = result('deploy', {
  action: 'patch',
  status: 'failed',
  error: { code: 'API_REJECTED', message: 'no' },
});

describe('the line of a change that is done', () => {
  test('has its result, its duration, and where its secret is, relative to the working directory', () => {
    const source = { ...created.source, file: 'tokens/tokens.yaml' };
    expect(renderDone({ ...created, source }, 0.84, { ...style, width: 100 })).toBe(
      'team-a/ci-push: created in 0.8 s, secret → file tokens/secrets/ci-push.json, secret → docker\n',
    );
    expect(renderDone(failed, 75.2, style)).toBe('team-a/deploy: failed in 1 min 15 s\n');
  });

  test('has a line for each sink on a terminal that is too narrow, and none is cut', () => {
    const deliveredTo = [
      'file:secrets/ci-push.json',
      `command:vault kv put ${'secret/ci '.repeat(8).trim()}`,
    ];
    expect(renderDone({ ...created, deliveredTo }, 0.84, style).split('\n')).toEqual([
      'team-a/ci-push: created in 0.8 s',
      '    secret → file secrets/ci-push.json',
      `    secret → command vault kv put ${'secret/ci '.repeat(4).trim()}`,
      `    ${'secret/ci '.repeat(4).trim()}`,
      '',
    ]);
    const piped = { ...style, terminal: false };
    expect(renderDone({ ...created, deliveredTo }, 0.84, piped).split('\n')).toHaveLength(2);
  });

  test.each(['/run/secrets/ci.json', '~/ci.json', 'C:\\secrets\\ci.json'])(
    'has an absolute path as it is: %s',
    (path) => {
      const line = renderDone({ ...created, deliveredTo: [`file:${path}`] }, 1, style);
      expect(line).toBe(`team-a/ci-push: created in 1.0 s, secret → file ${path}\n`);
    },
  );
});

describe('a result as text', () => {
  it('has the errors, what was not run, and a summary without zeros', () => {
    const text = renderResultText(
      [
        created,
        failed,
        result('late', { action: 'delete', status: 'not_run' }),
        result('same', { action: 'noop', status: 'unchanged' }),
      ],
      style,
    );
    expect(text).toMatchInlineSnapshot(`
      "  ~ registry_token  team-a/deploy                                         failed
            API_REJECTED: no
        - registry_token  team-a/late                                          not run

      Apply: 1 created. 1 unchanged. 1 failed, 1 not run.
      "
    `);
  });

  it('has what became of a token on a line of its own where both are too long for one', () => {
    const long = result(`${'long-'.repeat(10)}name`, { action: 'delete', status: 'not_run' });
    const [first, second] = renderResultText([long], style).split('\n');
    expect(first).toBe(`  - registry_token  team-a/${'long-'.repeat(10)}name`);
    expect(second).toBe('not run'.padStart(80));
    expect(renderResultText([long], { ...style, terminal: false })).toContain('name  not run\n');
  });

  it('is one line if all went well', () => {
    expect(renderResultText([created], style)).toBe('Apply: 1 created.\n');
    expect(renderResultText([result('same', { action: 'noop', status: 'unchanged' })], style)).toBe(
      'Apply: 1 unchanged.\n',
    );
  });
});
