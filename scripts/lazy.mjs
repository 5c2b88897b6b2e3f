import { createRequire, isBuiltin } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const prefix = 'lazy:';

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
  const load = {
    name: 'load-lazy',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${prefix}`) }, ({ path }) => ({ path, namespace: 'lazy' }));
      onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => {
        const name = path.slice(prefix.length);
        return { contents: getters(isBuiltin(name) ? name : `./${name}.js`), resolveDir: folder };
      });
    },
  };
  return { leave, load };
}

const folder = resolve('dist/chunks');
const require = createRequire(join(folder, 'any.js'));

/** Returns a module whose exports load another module once one of them is read. */
function getters(module) {
  const getter = (name) => `get ${name}() { return load().${name}; }`;
  const names = Object.keys(require(module)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  return `
    let loaded;
    const load = () => (loaded ??= require('${module}'));
    module.exports = { ${names.map(getter).join(', ')} };
  `;
}

/** Writes the files that are loaded on the first use of a module; returns the metafile. */
export async function buildLazy(options, files) {
  const { metafile } = await build({ ...options, entryPoints: files, outdir: folder, metafile: true });
  return metafile;
}
