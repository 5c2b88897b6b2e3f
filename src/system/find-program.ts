import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** The environment that programs are looked for in, and get. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a program is, or why it can't be run. */
export type ProgramLookup = { readonly path: string } | { readonly why: string; readonly hint: string };

/**
 * Finds a program: with a slash, from this folder; otherwise in `PATH`, of which folders that aren't absolute
 * are skipped: they would lead into a checkout.
 */
export async function findProgram(name: string, env: Environment, folder: string): Promise<ProgramLookup> {
  if (/[\\/]/.test(name) && (name.includes('/') || platform() === 'win32')) {
    return one(name, resolve(folder, name));
  }
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const place of path.split(delimiter).filter((entry) => isAbsolute(entry))) {
    const found = await one(name, join(place, name));
    if ('path' in found) return found;
  }
  return { why: `there is no program ${name} in PATH`, hint: `install ${name}, or write its path` };
}

async function one(name: string, path: string): Promise<ProgramLookup> {
  // Windows takes programs without their extension; scripts would need a shell there.
  for (const extension of platform() === 'win32' ? ['', '.exe', '.com'] : ['']) {
    const there = await stat(path + extension).catch(() => undefined);
    if (!there?.isFile()) continue;
    const allowed = await access(path + extension, constants.X_OK).then(
      () => true,
      () => false,
    );
    return allowed
      ? { path: path + extension }
      : { why: `${name} may not be executed`, hint: `chmod +x ${name}` };
  }
  return { why: `there is no program ${name}`, hint: `it is looked for at ${path}` };
}
