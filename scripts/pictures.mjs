import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { terminalPicture } from './terminal-picture.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/reconcile.js');
/** Width that the program assumes if stdout is not a terminal. */
const columns = 100;

/** Returns the pictures of the README by their paths, rendered from the output of the built program. */
export async function pictures() {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-docs-'));
  const emulator = spawn(process.execPath, [
    ...[program, 'emulator', '--port', '0', '--format', 'json'],
    ...['--seed', join(root, 'examples/emulator/seed.yaml')],
  ]);
  try {
    const [line] = await once(createInterface(emulator.stdout), 'line');
    const env = { PATH: process.env.PATH, FORCE_COLOR: '1', ...JSON.parse(line).env };
    await cp(join(root, 'examples/ionos'), join(folder, 'tokens'), { recursive: true });
    const shown = async (...args) => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
        cwd: folder,
        env,
      });
      return { command: ['reconcile', ...args].join(' '), output: stdout };
    };
    const plan = await shown('plan', 'tokens');
    const apply = await shown('apply', '-y', 'tokens');
    const again = await shown('plan', 'tokens');
    return {
      'docs/images/plan.svg': terminalPicture('Output of reconcile plan', [plan], columns),
      'docs/images/apply.svg': terminalPicture(
        'Output of reconcile apply, and a plan after it: no changes',
        [{ ...apply, output: resultOf(apply.output) }, again],
        columns,
      ),
    };
  } finally {
    emulator.kill();
    await rm(folder, { recursive: true });
  }
}

/** Returns the output of apply without the plan, which it shows first. */
function resultOf(output) {
  const [, result] = output.split(/Plan: .*\n\n/);
  if (!result) throw new Error('apply shows no plan before its result');
  return result;
}
