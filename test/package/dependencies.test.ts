import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

test('docs/dependencies.md says of each runtime dependency why it is there, and of nothing else', async () => {
  const text = await readFile(new URL('../../docs/dependencies.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)]);
  expect(named.map(([, name]) => name).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  for (const row of rows) expect(row.split('|').filter((cell) => cell.trim() === '')).toHaveLength(2);
});
