import { describe, expect, test } from 'vitest';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

async function helpOf(...command: string[]): Promise<string> {
  const { stdout } = await runOnTerminal([...command, '--help'], { cwd: await folderWith({}) });
  return stdout.replaceAll(/\s+/g, ' ');
}

describe('the help of a command that only reads speaks of no changes and no deletes', () => {
  test.each([['list'], ['export'], ['audit'], ['doctor'], ['spool', 'list'], ['state', 'show']])(
    '%s %s',
    async (...command) => {
      const help = await helpOf(...command);
      expect(help).toMatch(/^Usage: reconcile /);
      expect(help).not.toMatch(/new change|--max-deletes|tokens deleted/);
    },
  );
});

test('the help of apply says what a deadline, a limit of deletes and a tracked state do', async () => {
  const help = await helpOf('apply');
  expect(help).toContain('time limit of the run; no new change starts after it');
  expect(help).toContain('--max-deletes <n|p%>');
  expect(help).toContain('can have tokens deleted');
});

test.each([
  { columns: 60, widest: 60 },
  { columns: 80, widest: 80 },
  { columns: 300, widest: 120 },
])('help on a terminal of $columns columns has lines of at most $widest', async ({ columns, widest }) => {
  const { stdout } = await runOnTerminal(['audit', '--help'], { cwd: await folderWith({}), columns });
  const most = Math.max(...stdout.split('\n').map(({ length }) => length));
  expect(most).toBeLessThanOrEqual(widest);
  expect(most).toBeGreaterThan(widest - 30);
});
