import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

/** An environment in which Git reads no configuration of the user or the system. */
export const plainGit: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

/** An object in a Git repository. */
export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Creates a bare repository whose unreachable objects are kept, and that accepts pushes over HTTP. */
export async function createRemote(folder: string): Promise<void> {
  await git(['init', '--quiet', '--bare', '--initial-branch', 'main', folder], '/');
  await appendFile(
    join(folder, 'config'),
    '[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n[gc]\n\tauto = 0\n',
  );
}

/** Adds a commit to a branch that has exactly these files. The branch need not exist. */
export async function commitFiles(
  remote: string,
  branch: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const parent = (await tipOf(remote, branch)) === undefined ? '' : `from ${ref}^0\n`;
  const changes = Object.entries(files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  const head = `commit ${ref}\ncommitter Test <test@example.com> 1700000000 +0000\n${data('Change files')}`;
  await git(
    ['fast-import', '--quiet', '--force'],
    remote,
    `${head}${parent}deleteall\n${changes.join('')}done\n`,
  );
}

/** Returns the commit of a branch; `undefined` if the branch doesn't exist. */
export async function tipOf(remote: string, branch: string): Promise<string | undefined> {
  const tip = await git(['for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`], remote);
  return tip.toString().trim() || undefined;
}

/** Returns the files of a branch by their paths; `undefined` if the branch doesn't exist. */
export async function branchFiles(
  remote: string,
  branch: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const tip = await tipOf(remote, branch);
  if (tip === undefined) return undefined;
  // Each entry is `MODE TYPE ID`, a tab and the path.
  const entries = (await git(['ls-tree', '-r', '-z', tip], remote))
    .toString()
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.split('\t'))
    .map(([about = '', path = '']) => ({ id: about.split(' ')[2] ?? '', path }));
  const objects = await objectsOf(
    remote,
    entries.map(({ id }) => id),
  );
  return new Map(entries.map(({ path }, index) => [path, objects[index]?.content.toString() ?? '']));
}

/** Returns all objects of a repository, the unreachable ones too. */
export async function allObjects(remote: string): Promise<readonly GitObject[]> {
  return parseObjects(await git(['cat-file', '--batch-all-objects', '--unordered', '--batch'], remote));
}

/** Returns the objects that a clone of all refs would get. */
export async function reachableObjects(remote: string): Promise<readonly GitObject[]> {
  const lines = (await git(['rev-list', '--objects', '--all'], remote)).toString().split('\n');
  return objectsOf(
    remote,
    lines.filter((line) => line !== '').map((line) => line.split(' ')[0] ?? ''),
  );
}

async function objectsOf(remote: string, ids: readonly string[]): Promise<readonly GitObject[]> {
  return parseObjects(await git(['cat-file', '--batch'], remote, ids.map((id) => `${id}\n`).join('')));
}

/** Reads the output of `git cat-file --batch`: a line `ID TYPE SIZE`, the content and a newline for each object. */
function parseObjects(output: Buffer): readonly GitObject[] {
  const objects: GitObject[] = [];
  for (let at = 0; at < output.length; ) {
    const begin = output.indexOf('\n', at) + 1;
    const [id = '', type = '', size] = output.toString('latin1', at, begin - 1).split(' ');
    const end = begin + Number(size);
    if (Number.isNaN(end)) throw new Error(`git cat-file: ${output.toString('latin1', at, begin - 1)}`);
    objects.push({ id, type, content: output.subarray(begin, end) });
    at = end + 1;
  }
  return objects;
}

/** Runs Git and returns its output. Rejects if it fails. */
export function git(args: readonly string[], cwd: string, input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd, env: plainGit, stdio: 'pipe' });
    const output: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`git ${args.join(' ')}: ${errors}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
