import { expect, test } from 'vitest';
import { workflowCommand } from '../../src/render/workflow-command.ts';

test.each([
  {
    why: 'stands at its line',
    annotation: {
      severity: 'error',
      title: 'AUTH',
      lines: ['no', '→ log in'],
      place: { file: 'a.yaml', line: 3, column: 5 },
    },
    line: '::error file=a.yaml,line=3,col=5,title=AUTH::no%0A→ log in\n',
  },
  {
    why: 'need not have one',
    annotation: { severity: 'warning', title: 'x', lines: ['y'] },
    line: '::warning title=x::y\n',
  },
  {
    why: 'ends no property early, and begins no other',
    annotation: {
      severity: 'error',
      title: 'a,b=c::d',
      lines: ['100 %, a::b'],
      place: { file: 'a,b:%.yaml', line: 1, column: 1 },
    },
    line: '::error file=a%2Cb%3A%25.yaml,line=1,col=1,title=a%2Cb=c%3A%3Ad::100 %25, a::b\n',
  },
  {
    why: 'is one line whatever it tells',
    annotation: { severity: 'notice', title: 'a\r\nb', lines: ['c\nd', '%0A'] },
    line: '::notice title=a\\u000d\\u000ab::c\\u000ad%0A%250A\n',
  },
] as const)('an annotation $why', ({ annotation, line }) => {
  expect(workflowCommand(annotation)).toBe(line);
});
