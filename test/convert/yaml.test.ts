import { expect, test } from 'vitest';
import { convertTasks } from '../../src/convert/convert.ts';
import { ReconcileErrors } from '../../src/core/model/errors.ts';
import { make } from './fixtures.ts';

const problemsOf = (...texts: readonly string[]) => {
  try {
    convertTasks(texts.map((text, index) => ({ file: `${index}.yml`, text })));
  } catch (error) {
    if (error instanceof ReconcileErrors) return error.problems;
    throw error;
  }
  return [];
};

test.each([
  ['a bracket that is not closed', '- registry_token: { registry: a ]\n', 1],
  [
    'indentation as in a page of documentation',
    '- name: Create\n    registry_token:\n        registry: x\n',
    1,
  ],
  ['a quote that is not closed', '- name: "x\n', 2],
  ['a tab', '- a: 1\n\tb: 2\n', 2],
  ['an alias without an anchor', `${make('a')}- *nothing\n`, 2],
  ['an anchor within itself', '- &a [*a]\n', 1],
  ['brackets without end', '['.repeat(5000), 1],
  ['anchors that expand without end', bomb(), 6],
  ['a control character', '- name: a\n- \u0000\n', 2],
  ['two documents', `---\n${make('a')}---\n${make('b')}`, 4],
])('a file that is no YAML is an error with its place, in one line: %s', (_, text, line) => {
  const [problem, ...more] = problemsOf(text);
  expect(problem).toMatchObject({ code: 'MANIFEST_SYNTAX', source: { file: '0.yml', line } });
  expect(problem?.message).not.toMatch(/[\n\r]/);
  expect(more).toEqual([]);
});

test('of several files each is told of', () => {
  expect(problemsOf('- {', make('a'), '- [').map(({ source }) => source?.file)).toEqual(['0.yml', '2.yml']);
});

test('tasks without end are an error', () => {
  const lists = [1, 2, 3, 4].map((depth) => {
    const inner = depth === 1 ? '{ debug: {} }' : `{ block: *l${depth - 1} }`;
    return `- { block: &l${depth} [${Array(20).fill(inner).join(', ')}] }\n`;
  });
  expect(() => convertTasks([{ file: 'a.yml', text: lists.join('') }])).toThrow(/more than 100000 tasks/);
});

function bomb(): string {
  const lines = ['- &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [before, name] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh']) {
    lines.push(`- &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}
