/** Writes the generated pictures and reference pages: npm run docs. With --check, it only reports stale files. */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { pictures } from './pictures.mjs';
import { reference } from './reference.mjs';

const root = new URL('../', import.meta.url);
const made = { ...(await pictures()), ...(await reference()) };
const stale = [];
for (const [path, content] of Object.entries(made)) {
  const file = new URL(path, root);
  if ((await readFile(file, 'utf8').catch(() => '')) === content) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) await writeFile(file, content);
}
for (const path of stale) console.log(path);
if (process.argv.includes('--check') && stale.length > 0) {
  console.error('These are stale: run npm run docs.');
  process.exitCode = 1;
}
