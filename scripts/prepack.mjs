/**
 * Writes the package.json of the package: without scripts, which would run or warn during an installation, and without
 * development dependencies. `postpack` restores the original.
 */
import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';

if (!existsSync('dist/reconcile.js')) throw new Error('There is no dist: run npm run build first');
if (!existsSync('package.json.whole')) await copyFile('package.json', 'package.json.whole');
const {
  scripts: _,
  devDependencies: __,
  allowScripts: ___,
  ...manifest
} = JSON.parse(await readFile('package.json.whole', 'utf8'));
// Atomically: other processes may be reading it.
await writeFile('package.json.packed', `${JSON.stringify(manifest, null, 2)}\n`);
await rename('package.json.packed', 'package.json');
