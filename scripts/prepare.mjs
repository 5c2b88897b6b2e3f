/**
 * Builds the program after an installation from a checkout or from Git. `npm install --global git+…` doesn't install
 * the tools that the build takes: then they are installed here.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);

/** The options of the outer npm, such as --global, are not for this folder. Where packages come from is. */
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

/** On stderr: the stdout of `npm pack` is the name of the file and nothing else. */
function npm(...args) {
  execFileSync('npm', args, { env, stdio: ['ignore', process.stderr, process.stderr] });
}
