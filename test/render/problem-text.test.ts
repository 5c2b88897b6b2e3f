import { describe, expect, it, test } from 'vitest';
import { renderProblem } from '../../src/render/problem-text.ts';
import { style } from './text-fixtures.ts';

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

  it('is one line in a file', () => {
    const text = renderProblem(problem, 'error', { ...style, terminal: false });
    expect(text).toContain(`error: tokens[0].name: ${problem.message}\n`);
  });
});
