import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { finished } from '../support/cli.ts';

test('pictures and reference show what the program prints and its schemas say', async () => {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const { code, stdout, stderr } = await finished(process.execPath, ['scripts/docs.mjs', '--check'], { cwd });
  expect({ code, stale: stdout, stderr }).toEqual({ code: 0, stale: '', stderr: '' });
});
