import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { badge } from './badge.mjs';
import { terminalPicture, terminalRecording } from './terminal-picture.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/reconcile.js');
/** Width of the terminal in all pictures. */
const columns = 100;
const question = 'will be accepted to approve: ';

/** Returns the pictures of README and tutorial by their paths, rendered from the output of the built program. */
export async function pictures() {
  return { ...(await badges()), ...(await inFolder(planAndApply)), ...(await inFolder(recording)) };
}

/** Returns the badges of the README, with the values of package.json. */
async function badges() {
  const {
    engines,
    license,
    dependencies = {},
  } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return {
    'docs/images/badge-node.svg': badge('node', engines.node.replace('>=', '≥ ')),
    'docs/images/badge-dependencies.svg': badge('dependencies', `${Object.keys(dependencies).length}`),
    'docs/images/badge-license.svg': badge('license', license),
  };
}

/** Shows an apply on a terminal, with its plan and its question. */
async function planAndApply({ folder, piped, onTerminal }) {
  await cp(join(root, 'examples/ionos'), join(folder, 'tokens'), { recursive: true });
  const apply = await onTerminal('apply', 'tokens');
  const again = await piped('plan', 'tokens');
  return {
    'docs/images/apply.svg': terminalPicture(
      'reconcile apply: the plan, the question, a line for each token; a second plan shows no changes',
      [apply, again],
      columns,
    ),
  };
}

/** Shows a secret that its sink rejects: it is kept, and the next apply delivers it. */
async function recording({ folder, piped, vault }) {
  await mkdir(join(folder, 'tokens'));
  await writeFile(
    join(folder, 'tokens/ci.yaml'),
    `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes:
      - { type: repository, name: app, actions: [pull, push] }
    expiry_date: 2099-06-30T00:00:00Z
    secret:
      - command: { run: [vault, kv, put, secret/ci-push, password=-] }
`,
  );
  await vault("echo 'Code: 503. Vault is sealed' >&2; exit 2");
  const failed = await piped('apply', '-y', 'tokens');
  const kept = await piped('spool', 'list');
  await vault('cat >/dev/null');
  const delivered = await piped('apply', '-y', 'tokens');
  const steps = [
    { ...failed, comment: "Vault is sealed: the token is created, its secret can't be delivered" },
    { ...kept, comment: 'the secret is not lost' },
    { ...delivered, comment: 'Vault is unsealed: the next run delivers it, and creates no second token' },
  ];
  const title =
    'reconcile apply creates a token, and its sink fails; reconcile spool list shows the kept secret; the next apply delivers it';
  return { 'docs/images/recording.svg': terminalRecording(title, steps, columns) };
}

/** Runs a scene in an empty folder, against an emulator of its own. */
async function inFolder(scene) {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-docs-'));
  const emulator = spawn(process.execPath, [
    ...[program, 'emulator', '--port', '0', '--format', 'json'],
    ...['--seed', join(root, 'examples/emulator/seed.yaml')],
  ]);
  try {
    const [line] = await once(createInterface(emulator.stdout), 'line');
    const bin = join(folder, '.bin');
    await mkdir(bin);
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: folder,
      FORCE_COLOR: '1',
      ...JSON.parse(line).env,
    };
    return await scene({
      folder,
      piped: (...args) => runPiped(args, { cwd: folder, env }),
      onTerminal: (...args) => runOnTerminal(args, { cwd: folder, env }),
      vault: async (script) => {
        await writeFile(join(bin, 'vault'), `#!/bin/sh\n${script}\n`);
        await chmod(join(bin, 'vault'), 0o755);
      },
    });
  } finally {
    emulator.kill();
    await rm(folder, { recursive: true });
  }
}

/** Runs a command whose output is not a terminal. Its exit code may be any. */
async function runPiped(args, { cwd, env }) {
  const options = { cwd, env: { ...env, COLUMNS: String(columns) } };
  const run = promisify(execFile)(process.execPath, [program, ...args], options);
  const { stdout, code } = await run.catch((error) => error);
  if (typeof code === 'string' || stdout === '')
    throw new Error(`reconcile ${args.join(' ')} printed nothing`);
  return { command: ['reconcile', ...args].join(' '), output: steady(stdout) };
}

/** Runs a command on a terminal, made by script(1), and answers its question with yes. */
async function runOnTerminal(args, { cwd, env }) {
  const command = `stty cols ${columns}; exec '${process.execPath}' '${program}' ${args.join(' ')}`;
  const terminal = spawn('script', ['--quiet', '--command', command, '/dev/null'], {
    cwd,
    env: { ...env, SHELL: '/bin/sh', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let isAnswered = false;
  terminal.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    if (isAnswered || !output.includes(question)) return;
    isAnswered = true;
    terminal.stdin.write('yes\r');
  });
  await once(terminal, 'close');
  if (!isAnswered) throw new Error(`reconcile ${args.join(' ')} didn't ask:\n${output}`);
  return { command: ['reconcile', ...args].join(' '), output: steady(asSeen(output)) };
}

const escapeCharacter = String.fromCharCode(27);
const overwritten = new RegExp(`\\r[^\\r\\n]*${escapeCharacter}\\[K`, 'g');
const movement = new RegExp(`${escapeCharacter}\\[\\d*[GJK]`, 'g');

/** Returns what remains on the terminal: no progress line that was overwritten, no movement of the cursor. */
function asSeen(output) {
  return output.replaceAll(overwritten, '').replaceAll(movement, '').replaceAll('\r', '');
}

/** Replaces what differs between two runs: times, and the order of tokens that are done at the same time. */
function steady(output) {
  const done = /(?:^.* in \d+\.\d s.*\n)+/gm;
  const soon = new RegExp(`${new Date().getUTCFullYear()}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ`, 'g');
  return output
    .replaceAll(/ in \d+\.\d s/g, ' in 0.4 s')
    .replaceAll(done, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`)
    .replaceAll(soon, '2026-11-30T09:15:00Z');
}
