import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** The environment that programs are searched in, and receive. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of a program, or the reason why it can't be run. */
export type ProgramLookup = { readonly path: string } | { readonly why: string; readonly hint: string };

/**
 * Finds a program: relative to this folder if the name has a slash, otherwise in `PATH`. Skips relative folders in `PATH`,
 * as they would lead into a checkout.
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
  return { why: `program ${name} not found in PATH`, hint: `install ${name}, or write its path` };
}

async function one(name: string, path: string): Promise<ProgramLookup> {
  // Windows finds programs without their extension. Scripts would need a shell there.
  for (const extension of platform() === 'win32' ? ['', '.exe', '.com'] : ['']) {
    const there = await stat(path + extension).catch(() => undefined);
    if (!there?.isFile()) continue;
    const allowed = await access(path + extension, constants.X_OK).then(
      () => true,
      () => false,
    );
    return allowed
      ? { path: path + extension }
      : { why: `${name} is not executable`, hint: `chmod +x ${name}` };
  }
  return { why: `program ${name} not found`, hint: `reconcile looked for it at ${path}` };
}
