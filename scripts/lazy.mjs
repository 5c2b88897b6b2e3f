import { readdir, readFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const prefix = 'lazy:';

/** The folder of all files that import modules lazily, and of the files of those modules. */
const folder = resolve('dist/chunks');
const require = createRequire(join(folder, 'any.js'));

/**
 * Lets a program load modules on their first use, not with the modules that import them. Only CommonJS can do so, and the
 * program is built in two passes (scripts/join-chunks.mjs): in the first, the plugin `leave` leaves such imports out; in
 * the second, the plugin `load` replaces them.
 *
 * @param {Readonly<Record<string, string>>} files names of packages or paths of sources, by the name of the file that each
 * becomes
 * @param {readonly string[]} builtins names of modules of Node
 */
export function lazyModules(files, builtins) {
  const names = new Map(Object.entries(files).map(([name, module]) => [module, name]));
  const leave = {
    name: 'leave-lazy',
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
        if (kind !== 'import-statement') return undefined;
        const module = path.startsWith('.')
          ? relative('.', resolve(resolveDir, path)).replaceAll(sep, '/')
          : path;
        const name = names.get(module) ?? (builtins.includes(module) ? module : undefined);
        return name === undefined ? undefined : { path: prefix + name, external: true };
      });
    },
  };
  let imported;
  const load = {
    name: 'load-lazy',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${prefix}`) }, ({ path, resolveDir }) => {
        if (resolve(resolveDir) !== folder) throw new Error(`${path} is imported outside of ${folder}`);
        return { path, namespace: 'lazy' };
      });
      onLoad({ filter: /./, namespace: 'lazy' }, async ({ path }) => {
        imported ??= readImports();
        return {
          contents: getters(path.slice(prefix.length), (await imported).get(path)),
          resolveDir: folder,
        };
      });
    },
  };
  return { leave, load };
}

/** Writes the files that are loaded on the first use of a module; returns the metafile. */
export async function buildLazy(options, files) {
  const { metafile } = await build({ ...options, entryPoints: files, outdir: folder, metafile: true });
  return metafile;
}

/** Returns the names that the files of the first pass import, by lazy module. */
async function readImports() {
  const imported = new Map();
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const [, clause, path] of text.matchAll(/\bimport\s*([^;"]*?)\s*from\s*"(lazy:[^"]+)"/g)) {
      const [, list] = /^\{(.*)\}$/s.exec(clause) ?? [];
      if (list === undefined) throw new Error(`${file} imports ${path} otherwise than by names: ${clause}`);
      const names = list.split(',').map((name) => name.trim().split(/\s+as\s+/)[0]);
      imported.set(path, new Set([...(imported.get(path) ?? []), ...names]));
    }
  }
  return imported;
}

/** Returns a module whose exports load another module once one of them is read. */
function getters(name, imported) {
  const module = isBuiltin(name) ? name : `./${name}.js`;
  const exported = require(module);
  const missing = [...imported].filter((one) => !(one in exported));
  if (missing.length > 0) throw new Error(`${module} doesn't export ${missing.join(', ')}`);
  const properties = [...imported].sort().map((one) => `get ${one}() { return load().${one}; }`);
  return `
    let loaded;
    const load = () => (loaded ??= require('${module}'));
    module.exports = { ${properties.join(', ')} };
  `;
}
