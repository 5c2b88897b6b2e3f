import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { root } from '../examples/recipe.ts';
import { finished } from '../support/cli.ts';

/** The packages that the sources import. */
async function importedPackages(): Promise<readonly string[]> {
  const files = await readdir(join(root, 'src'), { recursive: true });
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(join(root, 'src', file), 'utf8')),
  );
  const imports = texts.flatMap((text) => [...text.matchAll(/(?:from|import\()\s*'([^.'][^']*)'/g)]);
  const names = imports.map(([, path = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  return [...new Set(names)].filter((name) => /^(@[\w.-]+\/)?[\w.-]+$/.test(name)).sort();
}

test('docs/dependencies.md says of each bundled package why it is there, and of nothing else', async () => {
  const text = await readFile(new URL('../../docs/dependencies.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)]);
  expect(named.map(([, name]) => name).sort()).toEqual(await importedPackages());
  for (const row of rows) expect(row.split('|').filter((cell) => cell.trim() === '')).toHaveLength(2);
});

test('the package has no dependencies: everything is bundled', () => {
  expect(manifest.name).toBe('reconcile-tokens');
  expect(manifest).not.toHaveProperty('dependencies');
});

test("nothing tells users to install the package reconcile, which is another project's", async () => {
  const { stdout } = await finished('git', ['ls-files', '-z'], { cwd: root });
  const files = stdout.split('\0').filter((file) => file !== '' && !file.startsWith('test/'));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8').catch(() => '')));
  const wrong =
    /(?:npm (?:install|i|add)|npx|yarn add|pnpm add)\b[^\n]*[\s"']reconcile(?:@|["'\s]|$)|\breconcile@(?:\d|\$|latest)|from 'reconcile'/m;
  expect(files.filter((_, index) => wrong.test(texts[index] ?? ''))).toEqual([]);
});
