import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { programIn } from '../custody/delivery.ts';
import { type Finished, finished, program } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

/** A call of `gh`: its arguments, and what it was given on standard input or as a file for the body. */
export interface Call {
  readonly args: readonly string[];
  readonly text: string;
}

/** A machine that recipes run on: `reconcile` is the built program, `gh` writes down what it is told. */
export interface Runner {
  /** The workspace. */
  readonly cwd: string;
  /** Runs a script as CI does, in a folder of the workspace. */
  readonly bash: (
    script: string,
    env: Readonly<Record<string, string>>,
    folder?: string,
  ) => Promise<Finished>;
  /** What scripts have written to `$GITHUB_OUTPUT`. */
  readonly outputs: () => Promise<string>;
  /** Takes the calls of `gh` since the last time. */
  readonly calls: () => Promise<readonly Call[]>;
  /** Lets the next call of `gh` that begins like this fail. */
  readonly failNext: (call: string) => Promise<void>;
  /** What `gh issue list` finds from now on. */
  readonly openIssue: (number: string) => Promise<void>;
}

const gh = (home: string): string => `
const { appendFileSync, existsSync, readFileSync, rmSync } = require('node:fs');
process.chdir(${JSON.stringify(home)});
const args = process.argv.slice(2);
const body = args.indexOf('--body-file');
const text = body > 0 ? readFileSync(require('node:path').resolve(process.env.PWD, args[body + 1]), 'utf8')
  : args[0] === 'secret' ? readFileSync(0, 'utf8') : '';
appendFileSync('calls', JSON.stringify({ args, text }) + '\\n');
if (args[0] === 'issue' && args[1] === 'list' && existsSync('issue')) console.log(readFileSync('issue', 'utf8'));
if (existsSync('fail') && args.join(' ').startsWith(readFileSync('fail', 'utf8'))) {
  rmSync('fail');
  process.exit(1);
}`;

/** What `npm install --global` leaves: the program, below the prefix where one is named. */
const npm = `
const { mkdirSync, symlinkSync } = require('node:fs');
const prefix = process.argv[process.argv.indexOf('--prefix') + 1];
if (process.argv.includes('--prefix')) {
  mkdirSync(prefix + '/bin', { recursive: true });
  symlinkSync(${JSON.stringify(program)}, prefix + '/bin/reconcile');
}`;

/** A runner with these files in its workspace, gone after the test. */
export async function runnerWith(files: Readonly<Record<string, string>>): Promise<Runner> {
  const cwd = await folderWith(files);
  const home = await folderWith({ 'bin/.keep': '', calls: '', output: '' });
  const bin = join(home, 'bin');
  await symlink(program, join(bin, 'reconcile'));
  await programIn(bin, 'gh', gh(home));
  await programIn(bin, 'npm', npm);
  const surroundings = {
    PATH: [bin, process.env['PATH']].join(delimiter),
    HOME: home,
    RUNNER_TEMP: home,
    GITHUB_OUTPUT: join(home, 'output'),
  };
  return {
    cwd,
    bash: async (script, env, folder = '.') => {
      await mkdir(join(cwd, folder), { recursive: true });
      return finished('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
        cwd: join(cwd, folder),
        env: { ...surroundings, ...env },
      });
    },
    outputs: () => readFile(join(home, 'output'), 'utf8'),
    calls: async () => {
      const lines = (await readFile(join(home, 'calls'), 'utf8')).split('\n').filter(Boolean);
      await writeFile(join(home, 'calls'), '');
      return lines.map((line) => JSON.parse(line));
    },
    failNext: (call) => writeFile(join(home, 'fail'), call),
    openIssue: (number) => writeFile(join(home, 'issue'), number),
  };
}
