import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

/**
 * Has JSON Schemas compiled by the build: to compile them takes longer than all else that a small run does. A
 * module `validators.ts` exports an `ajv`, and what that makes of each of its schemas under the schema's name; it
 * is replaced by the code of the latter.
 */
export const validators = {
  name: 'validators',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]validators\.ts$/ }, async ({ path }) => ({
      contents: standalone.default(await ajvOf(path)),
      resolveDir: dirname(path),
    }));
  },
};

async function ajvOf(path) {
  // Where its imports are found.
  const folder = await mkdtemp('dist/validators-');
  try {
    const outfile = join(folder, 'validators.mjs');
    await build({ entryPoints: [path], outfile, bundle: true, format: 'esm', packages: 'external' });
    const { ajv } = await import(pathToFileURL(outfile));
    return ajv;
  } finally {
    await rm(folder, { recursive: true });
  }
}
