import { chmod, mkdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { commanderAlone } from './commander.mjs';
import { writeNotices } from './notices.mjs';
import { writeSchemas } from './schemas.mjs';
import { undiciFetch } from './undici.mjs';
import { validators } from './validators.mjs';

const common = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'none',
  // What is shorter is read sooner. Names stay, for whoever has to read a stack.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  // What is imported when it is needed has a file of its own.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  // Its CommonJS build can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // CommonJS dependencies call `require` for Node's own modules; an ES module has to be given one.
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
await chmod('dist/reconcile.js', 0o755);

// Apart, so that the program doesn't load more files than it needs. Bundled as well: the package has no dependencies.
const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  plugins: [validators, undiciFetch],
});
await writeNotices([program.metafile, library.metafile], 'dist/THIRD-PARTY-NOTICES.txt');
