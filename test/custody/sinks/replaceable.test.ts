import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkSink, deliverTo } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, dockerSink, fileSink } from './fixtures.ts';

const host = 'team-a.cr.example.com';

/** Whether a command succeeds: what a test needs of the system isn't there for every user. */
function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function immutableIn(folder: string, path: string): Promise<boolean> {
  const isSet = succeeds('chattr', ['+i', join(folder, path)]);
  if (isSet) onTestFinished(() => void succeeds('chattr', ['-i', join(folder, path)]));
  return isSet;
}

// A rename over a mount point fails, whatever the permissions, and would fail once the token is made.
describe('a file that is mounted by itself', () => {
  const files = { 'token.json': 'old', 'docker/config.json': '{}' };
  test.each([
    ['a file', 'token.json', (folder: string) => fileSink(folder, 'token.json')],
    ['the configuration of docker', 'docker/config.json', (folder: string) => dockerSink(folder, 'docker')],
  ] as const)('is rejected by the check, with a fix: %s', async (_, path, sinkIn) => {
    const folder = await folderWith(files);
    const context = contextWith(folder);
    const mounts = async (): Promise<ReadonlySet<string>> => new Set(['/', join(folder, path)]);
    const problem = await checkSink(sinkIn(folder), host, {
      ...context,
      before: { ...context.before, mounts },
    });
    expect(problem).toEqual({
      code: 'SINK_FAILED',
      message: `the secret can't be written to ${path}: the file is mounted by itself, so it can't be replaced`,
      hint: 'mount the folder instead of the file',
    });
  });

  test('is told from others in a folder that is mounted', async () => {
    const folder = await folderWith(files);
    const context = contextWith(folder);
    const mounts = async (): Promise<ReadonlySet<string>> => new Set(['/', folder]);
    const sink = fileSink(folder, 'token.json');
    expect(
      await checkSink(sink, host, { ...context, before: { ...context.before, mounts } }),
    ).toBeUndefined();
  });
});

test('an immutable file is rejected by the check, and not changed', async ({ skip }) => {
  const folder = await folderWith({ 'token.json': 'old' });
  if (!(await immutableIn(folder, 'token.json'))) skip('chattr is not allowed here');
  expect(await checkSink(fileSink(folder, 'token.json'), host, contextWith(folder))).toMatchObject({
    code: 'SINK_FAILED',
    message: expect.stringContaining('the file is immutable'),
    hint: 'chattr -i token.json if it may be replaced',
  });
  expect(await readdir(folder)).toEqual(['token.json']);
});

describe('a name', () => {
  test('may be as long as the file system allows, also of a second file of the folder', async () => {
    const folder = await folderWith({});
    const context = contextWith(folder);
    for (const path of ['short.json', `${'n'.repeat(250)}.json`]) {
      const sink = fileSink(folder, path);
      expect(await checkSink(sink, host, context)).toBeUndefined();
      await deliverTo(sink, delivery, context);
      expect(await readFile(join(folder, path), 'utf8')).toContain('hunter2');
    }
  });

  test('that is longer is refused by the check', async () => {
    const folder = await folderWith({});
    const context = contextWith(folder);
    expect(await checkSink(fileSink(folder, 'short.json'), host, context)).toBeUndefined();
    expect(await checkSink(fileSink(folder, `${'n'.repeat(251)}.json`), host, context)).toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('its name is too long'),
      hint: 'choose a shorter path',
    });
  });
});

describe('a sink that is not a file is rejected by the check', () => {
  test.each([
    ['a folder', (path: string) => ['mkdir', path]],
    ['a pipe', (path: string) => ['mkfifo', path]],
    [
      'a socket',
      (path: string) => [
        process.execPath,
        '-e',
        `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
      ],
    ],
  ])('%s', async (_, make) => {
    const folder = await folderWith({});
    const [program = '', ...args] = make(join(folder, 'token.json'));
    succeeds(program, args);
    expect(await readdir(folder)).toEqual(['token.json']);
    expect(await checkSink(fileSink(folder, 'token.json'), host, contextWith(folder))).toMatchObject({
      message: expect.stringContaining('it exists and is not a regular file'),
    });
  });
});
