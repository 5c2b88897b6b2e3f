import { describe, expect, test } from 'vitest';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

/** Runs a command line that can't be parsed; returns its error. */
async function errorOf(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runOnTerminal(argv, { cwd: await folderWith({}), columns: 120 });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

describe('a wrong command line is an error that says what to do', () => {
  test.each([
    ['list', '--level'],
    ['version', 'extra'],
    ['version', '--nope'],
    ['doctor', '--timeout'],
    ['state', 'move'],
    ['convert'],
    ['nope'],
  ])('%s %s', async (...argv) => {
    expect(await errorOf(...argv)).toMatch(/^error: .*\n {4}→ .+\n$/);
  });
});

test('a group without a command names its commands', async () => {
  expect(await errorOf('spool')).toBe(
    'error: no command given\n    → pass list, deliver or drop; run reconcile spool --help for usage\n',
  );
});

describe('a wrong value is named with its option, and the error says what is expected', () => {
  test.each([
    [['emulator', '--port', '99999'], '--port 99999: expected a port from 0 to 65535'],
    [['plan', '--parallelism', '0'], '--parallelism 0: expected a whole number of at least 1'],
    [['plan', '--format', 'html'], '--format html: expected one of text, json, markdown'],
    [['list', '--group', 'a/..'], '--group a/..: expected a name or a path without the segments . and ..'],
    [['audit', '--org', '..'], '--org ..: expected a name or a path without the segments . and ..'],
    [['list', '--level', 'project'], '--level project: expected system'],
    [['audit', '--fail-on', 'all'], '--fail-on all: expected one of low, medium, high'],
    [['list', '-o', 'tall'], '--output tall: expected one of wide, name'],
    [['plan', '--now', 'a\nb'], '--now a\\u000ab: expected an instant, for example 2027-06-30T00:00:00Z'],
  ])('%j', async (argv, message) => {
    expect(await errorOf(...argv)).toContain(
      `error: ${message}\n    → run reconcile ${argv[0]} --help for usage\n`,
    );
  });
});
