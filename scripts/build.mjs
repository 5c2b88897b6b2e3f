import { chmod, mkdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { commanderAlone } from './commander.mjs';
import { writeNotices } from './notices.mjs';
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
  // CommonJS dependencies call `require` for Node's own modules; an ES module has to be given one.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
};

await rm('dist', { recursive: true, force: true });
await mkdir('dist');

const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: { reconcile: 'src/main.ts' },
  plugins: [validators, undiciFetch, commanderAlone],
  // Its CommonJS build can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  banner: { js: `#!/usr/bin/env node\n${common.banner.js}` },
});
await chmod('dist/reconcile.js', 0o755);
await writeNotices(metafile, 'dist/THIRD-PARTY-NOTICES.txt');

// The library leaves its dependencies to the package manager, so that they are shared with the caller's.
await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  packages: 'external',
  plugins: [validators],
});
