import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
  // Its CommonJS build can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};

await rm('dist', { recursive: true, force: true });

await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/reconcile.js',
  // CommonJS dependencies call `require` for Node's own modules; an ES module has to be given one.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
});
await chmod('dist/reconcile.js', 0o755);

// The library leaves its dependencies to the package manager, so that they are shared with the caller's.
await build({
  ...common,
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  packages: 'external',
  alias: {},
});
