import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { commanderAlone } from './commander.mjs';
import { joinChunks } from './join-chunks.mjs';
import { buildLazy, lazyModules } from './lazy.mjs';
import { writeNotices } from './notices.mjs';
import { writeSchemas } from './schemas.mjs';
import { undiciFetch } from './undici.mjs';
import { validators } from './validators.mjs';

const files = {
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'none',
  // Shorter files load faster. Names are kept for readable stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

const common = {
  ...files,
  bundle: true,
  // Dynamic imports get their own files.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  // The CommonJS build of jsonc-parser can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};

await writeSchemas();
await rm('dist', { recursive: true, force: true });
await mkdir('dist');

// Node loads CommonJS faster than ES modules, above all its own modules, and CommonJS can be loaded on first use. But only
// ES modules can be split, so they are converted when they are joined.
const commonJs = {
  ...files,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.dirname': '__dirname' },
  // Sources are strict, and esbuild doesn't say so in every file that it converts.
  banner: { js: '"use strict";' },
};
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
const rarelyUsed = {
  yaml: 'yaml',
  'jsonc-parser': 'jsonc-parser',
  'manifest-validators': 'src/manifest/validators.ts',
  'state-validators': 'src/custody/state/validators.ts',
};
const lazy = lazyModules(rarelyUsed, ['node:child_process', 'node:crypto', 'node:tls']);
const later = await buildLazy(
  { ...common, ...commonJs, splitting: false, plugins: [validators] },
  rarelyUsed,
);
const program = await build({
  ...common,
  entryPoints: { reconcile: 'src/main.ts' },
  outdir: 'dist',
  plugins: [lazy.leave, validators, undiciFetch, commanderAlone],
});
await joinChunks({ ...commonJs, plugins: [lazy.load] }, program.metafile, {
  start: 'src/process.ts',
  session: 'src/cli/index.ts',
  plan: 'src/cli/plan.ts',
  apply: 'src/cli/apply.ts',
});
await chmod('dist/reconcile.js', 0o755);

// Built separately, so that the program loads only the files that it needs. Bundled, so that it needs no dependencies.
const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  outdir: 'dist/library',
  plugins: [validators, undiciFetch],
  // CommonJS dependencies call `require` for Node's own modules, and an ES module has no `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
});
await writeFile('dist/library/package.json', '{ "type": "module" }\n');
await writeNotices([later, program.metafile, library.metafile], 'dist/THIRD-PARTY-NOTICES.txt');
