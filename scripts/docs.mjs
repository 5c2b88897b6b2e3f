/**
 * Writes the generated pictures and reference pages: npm run docs. With --check, it only reports stale files. A new
 * screenshot of the audit page needs Chromium.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { auditPage } from './audit-example.mjs';
import { screenshot } from './audit-screenshot.mjs';
import { pictures } from './pictures.mjs';
import { referencePages } from './reference.mjs';

const root = new URL('../', import.meta.url);
const isCheck = process.argv.includes('--check');
const existing = (path) => readFile(new URL(path, root)).catch(() => Buffer.alloc(0));
const page = 'docs/images/audit.png';
const made = {
  ...(await pictures()),
  ...(await referencePages()),
  [page]: await screenshot(await existing(page), await auditPage(), isCheck),
};
const stale = [];
for (const [path, content] of Object.entries(made)) {
  const bytes = Buffer.from(content);
  // An empty image stands for one that only Chromium can make.
  if (bytes.length > 0 && (await existing(path)).equals(bytes)) continue;
  stale.push(path);
  if (!isCheck) await writeFile(new URL(path, root), bytes);
}
for (const path of stale) console.log(path);
if (isCheck && stale.length > 0) {
  console.error('These are stale: run npm run docs.');
  process.exitCode = 1;
}
