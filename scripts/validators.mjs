import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import standalone from 'ajv/dist/standalone/index.js';
import { build, transform } from 'esbuild';

/**
 * Compiles JSON Schemas during the build: compiling them takes longer than the rest of a small run. A module
 * `validators.ts` exports an `ajv`, and a validator for each of its schemas under the schema's name. The plugin
 * replaces the module with the generated code of the validators.
 *
 * A module `is-manifest.ts` next to it, whose only export is `isManifest`, becomes a validator of the schema `manifest`
 * that doesn't say what is wrong. That takes two thirds of the code.
 */
export const validators = {
  name: 'validators',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]validators\.ts$/ }, async ({ path }) => generated(path, await ajvOf(path)));
    onLoad({ filter: /[\\/]is-manifest\.ts$/ }, async ({ path }) => {
      const ajv = withoutErrors(await ajvOf(join(dirname(path), 'validators.ts')));
      return generated(path, ajv, { isManifest: 'manifest' });
    });
  },
};

/** Returns the generated code for the place of a module. Nobody reads its names in stack traces, so they are short. */
async function generated(path, ajv, exported) {
  const { code } = await transform(standalone.default(ajv, exported), { minify: true });
  return { contents: code, resolveDir: dirname(path) };
}

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

/** Returns a compiler for the same schemas whose validators stop at the first error, and describe none. */
function withoutErrors({ opts, constructor: Ajv }) {
  const schemas = Object.fromEntries(
    Object.entries(opts.schemas).map(([name, schema]) => [name, withoutDescriptions(schema)]),
  );
  return new Ajv({ ...opts, schemas, allErrors: false, verbose: false, messages: false });
}

/** Returns a schema without its descriptions, which the generated code would contain. */
function withoutDescriptions(schema) {
  return JSON.parse(JSON.stringify(schema), (key, value) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  );
}
