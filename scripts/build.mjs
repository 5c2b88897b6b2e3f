import { chmod, mkdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { commanderAlone } from './commander.mjs';
import { joinChunks } from './join-chunks.mjs';
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
  outdir: 'dist',
  bundle: true,
  // Dynamic imports get their own files.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  // The CommonJS build of jsonc-parser can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // CommonJS dependencies call `require` for Node's own modules, and an ES module has no `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
};

await writeSchemas();
await rm('dist', { recursive: true, force: true });
await mkdir('dist');

const program = await build({
  ...common,
  entryPoints: { reconcile: 'src/main.ts' },
  plugins: [validators, undiciFetch, commanderAlone],
  banner: { js: `#!/usr/bin/env node\n${common.banner.js}` },
});
await joinChunks(files, program.metafile, {
  start: 'src/main.ts',
  session: 'src/cli/index.ts',
  plan: 'src/cli/plan.ts',
  apply: 'src/cli/apply.ts',
});
await chmod('dist/reconcile.js', 0o755);

// Built separately, so that the program loads only the files that it needs. Bundled, so that it needs no dependencies.
const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  plugins: [validators, undiciFetch],
});
await writeNotices([program.metafile, library.metafile], 'dist/THIRD-PARTY-NOTICES.txt');
