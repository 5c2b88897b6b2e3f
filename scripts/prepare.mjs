/**
 * Builds the program after an installation from a checkout or from Git. `npm install --global git+…` doesn't install
 * the build tools, so this script does.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);

/** Options of the outer npm that apply here: only those for fetching packages, and not, for example, --global. */
const kept =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|offline|prefer_offline)$/i;
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name) || kept.test(name)),
);

if (!isInstalled('esbuild') || !isInstalled('typescript')) {
  npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund');
}
npm('run', 'build');

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** Runs npm with its output on stderr: `npm pack` prints only the file name to stdout. */
function npm(...args) {
  execFileSync('npm', args, { env, stdio: ['ignore', process.stderr, process.stderr] });
}
