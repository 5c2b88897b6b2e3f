import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const folder = 'dist/library/types';

// The compiler writes declarations of all sources. Those that the library doesn't reference are deleted. The others may
// import only Node's own modules: all other modules are bundled, so a user's compiler can't find them.
const needed = new Set();
const open = ['src/index.ts'];
for (let source = open.pop(); source; source = open.pop()) {
  const file = join(folder, source.replace(/\.ts$/, '.d.ts'));
  if (needed.has(file)) continue;
  needed.add(file);
  const text = await readFile(file, 'utf8');
  const foreign = text.match(/(?:from|import\()\s*['"](?!\.|node:)([^'"]+)['"]/);
  if (foreign) throw new Error(`${file} imports ${foreign[1]}, which users don't have`);
  for (const [, path] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+\.ts)['"]/g)) {
    open.push(join(dirname(source), path));
  }
}

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
await Promise.all(files.filter((file) => !needed.has(file)).map((file) => rm(file)));
