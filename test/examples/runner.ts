import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { programIn } from '../custody/sinks/fixtures.ts';
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
  /** The comments on the pull request. */
  readonly comments: () => Promise<HubApi['comments']>;
  /** Adds a comment that another workflow makes. */
  readonly comment: (body: string) => Promise<void>;
  /** Lets the next call of `gh` that begins like this fail. */
  readonly failNext: (call: string) => Promise<void>;
  /** What `gh issue list` finds from now on. */
  readonly openIssue: (number: string) => Promise<void>;
}

/** `gh`, which keeps what it is told in a folder, and answers the requests of its API from there. */
const gh = (hub: string): string => `
const { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { execFileSync } = require('node:child_process');
process.chdir(${JSON.stringify(hub)});
const args = process.argv.slice(2);
const body = args.indexOf('--body-file');
const text = body > 0 ? readFileSync(require('node:path').resolve(process.env.PWD, args[body + 1]), 'utf8')
  : args[0] === 'secret' ? readFileSync(0, 'utf8') : '';
if (args[0] !== 'api') appendFileSync('calls', JSON.stringify({ args, text }) + '\\n');
if (args[0] === 'issue' && args[1] === 'list' && existsSync('issue')) console.log(readFileSync('issue', 'utf8'));
if (existsSync('fail') && args.join(' ').startsWith(readFileSync('fail', 'utf8'))) {
  rmSync('fail');
  process.exit(1);
}
if (args[0] === 'api') {
  const api = JSON.parse(readFileSync('api.json', 'utf8'));
  const issue = /^repos\\/([^/]+\\/[^/]+)\\/issues\\/(?:comments\\/)?(\\d+)/.exec(args.find((arg) => arg.startsWith('repos/')) ?? '');
  if (issue) {
    if (issue[1] !== api.repository || !process.env.GH_TOKEN) process.exit(1);
    const field = args[args.indexOf('-F') + 1];
    const file = args.includes('-F') && require('node:path').resolve(process.env.PWD, field.replace('body=@', ''));
    if (args.includes('PATCH')) api.comments.find(({ id }) => id === Number(issue[2])).body = readFileSync(file, 'utf8');
    else if (file) api.comments.push({ id: api.comments.length + 1, user: { login: 'github-actions[bot]' }, body: readFileSync(file, 'utf8') });
    else process.stdout.write(execFileSync('jq', ['-r', args[args.indexOf('--jq') + 1]], { input: JSON.stringify(api.comments) }));
    writeFileSync('api.json', JSON.stringify(api));
    process.exit(0);
  }
  const [, repository, what, sha, of] = /^repos\\/([^/]+\\/[^/]+)\\/(statuses|commits)\\/([0-9a-f]{40})(?:\\/(pulls|statuses))?/.exec(
    args.find((arg) => arg.startsWith('repos/')) ?? '') ?? [];
  if (repository !== api.repository || !process.env.GH_TOKEN) process.exit(1);
  if (what === 'statuses') {
    const fields = args.flatMap((arg, index) => args[index - 1] === '-f' ? [arg.split(/=(.*)/s).slice(0, 2)] : []);
    api.statuses.unshift({ sha, creator: { login: 'github-actions[bot]' }, ...Object.fromEntries(fields) });
    writeFileSync('api.json', JSON.stringify(api));
  } else {
    const found = api[of].filter((one) => of === 'pulls' ? one.merge_commit_sha === sha : one.sha === sha);
    const filter = args[args.indexOf('--jq') + 1];
    process.stdout.write(execFileSync('jq', ['-r', filter], { input: JSON.stringify(found) }));
  }
}`;

/** What the API of a repository on GitHub tells. */
export interface HubApi {
  readonly repository: string;
  /** The newest first. */
  readonly statuses: readonly Readonly<Record<string, unknown>>[];
  readonly pulls: readonly Readonly<Record<string, unknown>>[];
  /** Of the pull request. */
  readonly comments: readonly {
    readonly id: number;
    readonly body: string;
    readonly user: { readonly login: string };
  }[];
}

/** A folder in which `gh` keeps what it is told, gone after the test. */
export function hubFolder(): Promise<string> {
  const api: HubApi = { repository: 'acme/tokens', statuses: [], pulls: [], comments: [] };
  return folderWith({ calls: '', 'api.json': JSON.stringify(api) });
}

/** What `npm install --global` leaves: the program, below the prefix where one is named. */
const npm = `
const { mkdirSync, symlinkSync } = require('node:fs');
const prefix = process.argv[process.argv.indexOf('--prefix') + 1];
if (process.argv.includes('--prefix')) {
  mkdirSync(prefix + '/bin', { recursive: true });
  symlinkSync(${JSON.stringify(program)}, prefix + '/bin/reconcile');
}`;

/** A runner with these files in its workspace, gone after the test. */
export async function runnerWith(files: Readonly<Record<string, string>>, hub?: string): Promise<Runner> {
  const cwd = await folderWith(files);
  const home = await folderWith({ 'bin/.keep': '', output: '' });
  const told = hub ?? (await hubFolder());
  const bin = join(home, 'bin');
  await symlink(program, join(bin, 'reconcile'));
  await programIn(bin, 'gh', gh(told));
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
    calls: () => callsIn(told),
    comments: async () => (await apiIn(told)).comments,
    comment: async (body) => {
      const api = await apiIn(told);
      const made = { id: api.comments.length + 1, user: { login: 'github-actions[bot]' }, body };
      await writeFile(join(told, 'api.json'), JSON.stringify({ ...api, comments: [...api.comments, made] }));
    },
    failNext: (call) => writeFile(join(told, 'fail'), call),
    openIssue: (number) => writeFile(join(told, 'issue'), number),
  };
}

/** Takes the calls of `gh` since the last time, but for those of its API. */
export async function callsIn(hub: string): Promise<readonly Call[]> {
  const lines = (await readFile(join(hub, 'calls'), 'utf8')).split('\n').filter(Boolean);
  await writeFile(join(hub, 'calls'), '');
  return lines.map((line) => JSON.parse(line));
}

/** Returns what the API in a folder tells. */
export async function apiIn(hub: string): Promise<HubApi> {
  return JSON.parse(await readFile(join(hub, 'api.json'), 'utf8'));
}
