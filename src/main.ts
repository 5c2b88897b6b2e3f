#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { version } from './version.ts';

const argv = process.argv.slice(2);
if (!isVersionQuestion(argv) || !printVersion()) {
  import('./process.ts').then(({ runProcess }) => runProcess(join(import.meta.dirname, '../examples')));
}

/** Tells whether only the version is requested. It is printed without loading the rest of the program. */
function isVersionQuestion([word, ...more]: readonly string[]): boolean {
  return more.length === 0 && (word === '--version' || word === '-V');
}

/** Prints the version; returns false if that fails, which the rest of the program then reports. */
function printVersion(): boolean {
  try {
    return writeSync(1, `${version}\n`) > 0;
  } catch {
    return false;
  }
}
