import { rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { build } from 'esbuild';

const folder = 'dist/chunks';

/**
 * Joins the chunks of a program that are always loaded together: to load a file takes as long as to load several
 * thousand lines.
 *
 * @param {import('esbuild').BuildOptions} options of the files
 * @param {import('esbuild').Metafile} metafile of the program
 * @param {Readonly<Record<string, string>>} stages modules that are loaded one after another, each by the name of the
 * file of its chunks. The first is the program's own.
 */
export async function joinChunks(options, { outputs }, stages) {
  const entryOf = (module) => Object.keys(outputs).find((path) => outputs[path].entryPoint === module);
  /** The chunks by file name, each with the name of its new file, and its exports there by their old names. */
  const joined = new Map();
  for (const [name, module] of Object.entries(stages)) {
    for (const path of loadedWith(entryOf(module), outputs)) {
      if (outputs[path].entryPoint || joined.has(basename(path))) continue;
      const exports = outputs[path].exports.map((old) => [old, `c${joined.size}_${old}`]);
      joined.set(basename(path), { name, exports });
    }
  }
  const write = (entryPoints, outdir, joins) =>
    build({
      ...options,
      entryPoints,
      outdir,
      bundle: true,
      allowOverwrite: true,
      logOverride: { 'ignored-bare-import': 'silent' },
      plugins: [...options.plugins, redirect(joined, outdir === folder ? '.' : './chunks', joins)],
    });
  for (const name of Object.keys(stages)) await write({ [name]: `joined:${name}` }, folder, name);
  const [program, ...others] = Object.keys(outputs)
    .filter((path) => !joined.has(basename(path)))
    .sort((a, b) => dirname(a).length - dirname(b).length);
  await write([program], dirname(program));
  await write(others, folder);
  await Promise.all([...joined.keys()].map((file) => rm(resolve(folder, file))));
}

/** Returns the files that are loaded with one, each after the files that it imports. */
function loadedWith(path, outputs, seen = new Set()) {
  if (seen.has(path)) return [];
  seen.add(path);
  const imports = outputs[path].imports.filter(
    ({ kind, external }) => kind === 'import-statement' && !external,
  );
  return [...imports.flatMap((imported) => loadedWith(imported.path, outputs, seen)), path];
}

/**
 * Resolves imports of joined chunks: to the chunk itself in the file that it becomes part of, to that file elsewhere.
 *
 * @param chunks the path of the folder of the joined files
 * @param joins the name of the joined file that is being written, if it is one
 */
function redirect(joined, chunks, joins) {
  return {
    name: 'redirect',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^joined:/ }, ({ path }) => ({ path, namespace: 'joined' }));
      onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, namespace }) => {
        const found = joined.get(basename(path));
        if (kind === 'entry-point' || !found || namespace === 'redirected') {
          return kind === 'entry-point'
            ? undefined
            : { path, external: true, sideEffects: namespace !== 'redirected' };
        }
        return found.name === joins
          ? { path: resolve(folder, basename(path)) }
          : { path: basename(path), namespace: 'redirected', sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace: 'joined' }, () => ({
        contents: [...joined]
          .filter(([, { name }]) => name === joins)
          .map(([file, { exports }]) => `export { ${renamed(exports)} } from './${file}';`)
          .join('\n'),
        resolveDir: folder,
      }));
      onLoad({ filter: /.*/, namespace: 'redirected' }, ({ path }) => {
        const { name, exports } = joined.get(path);
        const names = renamed(exports.map(([old, now]) => [now, old]));
        return { contents: `export { ${names} } from '${chunks}/${name}.js';` };
      });
    },
  };
}

function renamed(exports) {
  return exports.map(([from, to]) => `${from} as ${to}`).join(', ');
}
