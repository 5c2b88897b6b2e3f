import { describe, expect, it } from 'vitest';
import { renderResultText } from '../../src/render/result-text.ts';
import { result } from './changes.ts';
import { style } from './text-fixtures.ts';

describe('a result as text', () => {
  it('reports the result of each change, and a summary', () => {
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

  it('is one line if nothing was to do', () => {
    expect(renderResultText([result('same', { action: 'noop', status: 'unchanged' })], style)).toBe(
      'Apply: 0 created, 0 patched, 0 replaced, 0 deleted. 1 unchanged.\n',
    );
  });
});
