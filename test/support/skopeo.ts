import { spawn, spawnSync } from 'node:child_process';

/** Whether the real client is there: Debian's package skopeo. */
export const skopeoIsInstalled = spawnSync('skopeo', ['--version']).status === 0;

/** Runs skopeo to its end. */
export function skopeo(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('skopeo', args, { stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end(stdin);
  });
}
