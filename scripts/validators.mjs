import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

/**
 * Compiles JSON Schemas during the build: compiling them takes longer than the rest of a small run. A module
 * `validators.ts` exports an `ajv`, and a validator for each of its schemas under the schema's name. The plugin
 * replaces the module with the generated code of the validators.
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
  // Inside the checkout, so that the imports of the module are found.
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
