/**
 * Checks the package as users install it: its files, its entry points and types, and whether it runs from an empty
 * prefix, on other versions of Node too.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const npm = (args, cwd) => run('npm', [...args, '--no-audit', '--no-fund'], { cwd });
/** Name of the package. */
const name = 'reconcile-tokens';
const quietly = ['--ignore-scripts', '--prefer-offline'];

/** Versions of Node to test besides the current one. CI runs the lowest supported version. */
const nodes = ['22', '24', '26'];

const folder = await mkdtemp(join(tmpdir(), 'reconcile-package-'));
try {
  const tarball = await pack();
  console.log(`packed: ${tarball.files.length} files, ${Math.round(tarball.size / 1000)} kB`);
  await run('npx', ['publint', '--strict', tarball.path]);
  await run('npx', ['attw', '--profile', 'esm-only', tarball.path]);
  console.log('publint and attw: nothing to say');

  const prefix = join(folder, 'prefix');
  const { stderr } = await npm(['install', '--global', '--prefix', prefix, '--prefer-offline', tarball.path]);
  if (stderr.trim() !== '') throw new Error(`The installation warns:\n${stderr}`);
  const installed = await readdir(join(prefix, 'lib/node_modules'));
  if (installed.join() !== name) throw new Error(`Installed are ${installed.join(', ')}, not ${name} alone`);
  await demo('reconcile, installed globally', join(prefix, 'bin', 'reconcile'), []);
  await compileUse(tarball.path);
  for (const node of await otherNodes()) {
    await demo(node.version, node.path, [join(prefix, 'lib/node_modules', name, 'dist/reconcile.js')]);
    await run(node.path, ['--input-type=module', '-e', `await import('${name}')`], {
      cwd: join(folder, 'user'),
    });
  }
  await installHook();
} finally {
  await rm(folder, { recursive: true });
}

/** Installs a fresh clone as pre-commit installs a hook (up to 4.6.0 and later), and as npm installs from Git. */
async function installHook() {
  const clone = join(folder, 'clone');
  await run('git', ['clone', '--quiet', '--no-hardlinks', resolve('.'), clone]);
  await npm(
    ['install', '--include=dev', '--include=prod', '--ignore-prepublish', '--no-progress', '--no-save'],
    clone,
  );
  const packed = (await run('npm', ['pack'], { cwd: clone })).stdout;
  if (!/^[\w.-]+\.tgz\n$/.test(packed))
    throw new Error(`npm pack prints more than the name of a file:\n${packed}`);
  const hook = join(folder, 'hook');
  await npm(['install', '--global', '--prefix', hook, packed.trim()], clone);
  const git = join(folder, 'git');
  await npm(['install', '--global', '--prefix', git, '--install-links', `git+file://${clone}`], folder);
  for (const prefix of [hook, git]) await run(join(prefix, 'bin', 'reconcile'), ['--version']);
  console.log('the hook: installs as pre-commit does it, and from Git');
}

async function pack() {
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder]);
  const [{ filename, files, size }] = JSON.parse(stdout);
  const allowed =
    /^(dist\/reconcile\.js|dist\/chunks\/.+\.js|dist\/library\/(.+\.(js|d\.ts)|package\.json)|dist\/package\.json|dist\/THIRD-PARTY-NOTICES\.txt|schemas\/.+\.json|examples\/.+|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  const strange = files.map(({ path }) => path).filter((path) => !allowed.test(path));
  const manifest = await run('tar', ['-xzOf', join(folder, filename), 'package/package.json']);
  const { scripts, dependencies } = JSON.parse(manifest.stdout);
  if (scripts || dependencies) throw new Error('The package has scripts or dependencies');
  if (strange.length > 0) throw new Error(`The package contains unexpected files: ${strange.join(', ')}`);
  return { path: join(folder, filename), files, size };
}

/** Runs the demo with an empty home, no configuration and no credentials. */
async function demo(label, program, args) {
  const home = await mkdtemp(join(folder, 'home-'));
  const env = { PATH: process.env.PATH, HOME: home };
  const { stdout } = await run(program, [...args, 'demo'], { cwd: home, env });
  const left = await readdir(home);
  if (left.length > 0) throw new Error(`${label}: the demo leaves ${left.join(', ')} behind`);
  console.log(`${label}: ${stdout.trim().split('\n').at(-1)}`);
}

/** Compiles a user's program in strict TypeScript. The compiler checks the package's declarations too. */
async function compileUse(tarball) {
  const cwd = join(folder, 'user');
  await mkdir(cwd);
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ type: 'module' }));
  await npm(['install', ...quietly, tarball], cwd);
  await writeFile(
    join(cwd, 'use.ts'),
    `import { apply, loadManifests, plan, type Result } from '${name}';
const planned = await plan(await loadManifests(['tokens'], { cwd: '.' }), { parallelism: 5 });
const results: readonly Result[] = await apply(planned);
// @ts-expect-error: options are checked
await plan(await loadManifests(['tokens'], { cwd: '.' }), { parallelism: 'many' });
console.log(results.map(({ address, status }) => [address, status]));
`,
  );
  const options = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--module', 'nodenext'];
  const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')];
  await run(resolve('node_modules/.bin/tsc'), [...options, ...types, '--target', 'es2023', 'use.ts'], {
    cwd,
  }).catch((error) => {
    throw new Error(`The declarations don't hold:\n${error.stdout}`);
  });
  console.log('types: a program of a user compiles');
}

async function otherNodes() {
  const platform = `${process.platform}-${process.arch}`;
  const found = [];
  for (const version of nodes) {
    const cwd = join(folder, `node-${version}`);
    await mkdir(cwd);
    await npm(['install', '--prefix', cwd, ...quietly, `node-${platform}@${version}`], cwd);
    const path = join(cwd, 'node_modules', `node-${platform}`, 'bin', 'node');
    const { stdout } = await run(path, ['--version']);
    found.push({ version: `Node ${stdout.trim()}`, path });
  }
  return found;
}
