import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { finished, program, quick } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { type Block, blocksOf, manifestOf } from './blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SUPPORT.md'],
  ...(await pagesIn('docs')),
  ...['manifest', 'environment', 'references', 'sinks', 'filters', 'library'].map(
    (name) => `docs/reference/${name}.md`,
  ),
];
const linkedPages = [
  ...pages,
  'SECURITY.md',
  'CHANGELOG.md',
  'CODE_OF_CONDUCT.md',
  '.github/pull_request_template.md',
  ...(await pagesIn('docs/services')),
  ...(await pagesIn('docs/adr')),
  ...(await pagesIn('docs/reference')),
];

const usual = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: secrets/ci-push.json } }]
`;

const exec = `exec "${process.execPath}" ${quick.join(' ')} "${program}" "$@"`;

/** Programs that a page takes for granted, as far as they matter to it. */
const stubs: Readonly<Record<string, string>> = {
  // Serving has no end; whether it can begin shows. A reader has a terminal, and says yes.
  reconcile: `case "$1 $*" in
  *" -y"* | *" --yes"* | *" --plan"* | *" --expect"*) ;;
  apply* | rotate*) set -- "$@" -y ;;
esac
[ "$1" = emulator ] && { shift; set -- emulator --help "$@" >/dev/null; ${exec} >/dev/null; }
${exec}`,
  npx: `[ "$1" = reconcile ] || exit 64; exec "$@"`,
  npm: `case "$1" in
  ci | test | audit | pack) exit 0 ;;
  install) [ "$2" = --global ] && exit 0 ;;
  run) case " ${Object.keys(manifest.scripts).join(' ')} " in *" $2 "*) exit 0 ;; esac ;;
esac
exit 64`,
  less: 'exec cat "$@"',
  vault: 'cat >/dev/null',
  gh: 'cat >/dev/null',
  kubectl: 'cat >/dev/null',
  docker: 'cat >/dev/null',
};

/** A place where the commands of a page are run one after the other, as a reader would. */
async function place() {
  const emulator = await servedEmulator(await readFile(join(root, 'examples/emulator/seed.yaml'), 'utf8'));
  const cwd = await folderWith({
    'tokens/tokens.yaml': usual,
    'tokens/secrets/.gitignore': '*\n',
    'playbook.yml': '- registry_token: { registry: team-a, name: converted }\n  register: made\n',
    'roles/tokens/tasks/main.yml':
      '- registry_token: { registry: team-a, name: of-a-role }\n  register: made\n',
    ...Object.fromEntries(
      Object.entries(stubs).map(([name, text]) => [`.bin/${name}`, `#!/bin/sh\n${text}\n`]),
    ),
  });
  for (const name of Object.keys(stubs)) await chmod(join(cwd, '.bin', name), 0o755);
  await cp(join(root, 'examples'), join(cwd, 'examples'), { recursive: true });
  await mkdir(join(cwd, 'node_modules'));
  await symlink(root, join(cwd, 'node_modules/reconcile-tokens'));
  const env = {
    PATH: `${join(cwd, '.bin')}:${process.env['PATH']}`,
    HOME: cwd,
    COLUMNS: '80',
    ...emulator.env,
    ...emulator.hubEnv,
    ...{
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    },
  };
  await finished('git', ['init', '-q'], { cwd, env });
  return { cwd, env };
}

/** What a reader types; what they fill in themselves is there already. */
function commandsOf(text: string): string {
  return text.replaceAll(/^export .*=….*$/gm, ':');
}

/** Commands of which another exit code is no failure, but an answer. */
const answers = /--detailed-exitcode|--fail-on|^(npx )?reconcile doctor/;

describe.each(pages)('%s', (page) => {
  test('its commands run, its manifests are valid, its programs compile and run', async () => {
    const blocks = blocksOf(await readFile(join(root, page), 'utf8'));
    const where = await place();
    let folder = where.cwd;
    let printed = '';
    for (const block of blocks) {
      const at = `${page}:${block.line}`;
      if (block.language === 'sh' || block.language === 'setup')
        ({ folder, printed } = await runCommands(block, folder, where.env, at));
      if (block.language === 'output')
        expect(missingLines(block.text, printed), `${at}\n${printed}`).toEqual([]);
      if (block.language === 'yaml') await checkYaml(block, folder, where.env, at);
      if (block.language === 'ts') await runProgram(block, folder, where.env, at);
      expect(
        ['sh', 'setup', 'yaml', 'ts', 'output', 'text', ''],
        `${at}: no test runs this language`,
      ).toContain(block.language);
    }
  });
});

/**
 * Returns the lines of an output that the commands before it didn't print. Times may differ, and so may the order. The
 * question of `apply` isn't printed in a test, as it has no terminal.
 */
function missingLines(output: string, printed: string): readonly string[] {
  const steady = (text: string): readonly string[] =>
    text.replaceAll(/ in \d+\.\d s/g, ' in 0.4 s').split('\n');
  const lines = steady(`${printed}\nApply these changes? Only 'yes' will be accepted to approve: yes`);
  return steady(output).filter((line) => line !== '' && !lines.includes(line));
}

/** Runs the lines; gives the folder in which the reader is then, and the output. */
async function runCommands(
  { text }: Block,
  cwd: string,
  env: Readonly<Record<string, string>>,
  at: string,
): Promise<{ folder: string; printed: string }> {
  const lines = commandsOf(text).split('\n');
  const script = lines
    .map((line) => (answers.test(line) ? `${line.replace(/ +#.*$/, '')} || [ $? -le 2 ]` : line))
    .join('\n');
  const { code, stdout, stderr } = await finished(
    'bash',
    ['--norc', '--noprofile', '-euc', `${script}\necho; pwd`],
    { cwd, env, stdin: '' },
  );
  expect(code, `${at}\n${script}\n${stdout}\n${stderr}`).toBe(0);
  return { folder: stdout.trimEnd().split('\n').at(-1) ?? cwd, printed: `${stdout}\n${stderr}` };
}

/** A manifest is validated where it belongs, and stays there for what follows. */
async function checkYaml(
  { text }: Block,
  cwd: string,
  env: Readonly<Record<string, string>>,
  at: string,
): Promise<void> {
  for (const document of parseAllDocuments(text)) expect(document.errors, at).toEqual([]);
  const whole = manifestOf(text);
  if (whole === undefined) return;
  const path = /^# (\S+\.yaml)$/m.exec(text)?.[1] ?? 'tokens/tokens.yaml';
  await mkdir(dirname(join(cwd, path)), { recursive: true });
  await writeFile(
    join(cwd, path),
    whole.replaceAll('age1…', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'),
  );
  const { code, stderr } = await finished('reconcile', ['validate', path], { cwd, env });
  expect(code, `${at}\n${stderr}`).toBe(0);
}

async function runProgram(
  { text }: Block,
  cwd: string,
  env: Readonly<Record<string, string>>,
  at: string,
): Promise<void> {
  const { code } = await transform(text, { loader: 'ts', format: 'esm' });
  await writeFile(join(cwd, 'program.mjs'), code);
  const ended = await finished(process.execPath, ['program.mjs'], { cwd, env });
  expect(ended.code, `${at}\n${ended.stderr}`).toBe(0);
}

test('links between the pages lead somewhere', async () => {
  const broken: string[] = [];
  for (const page of linkedPages) {
    const text = await readFile(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
        error.code === 'EISDIR' ? '' : undefined,
      );
      if (content === undefined) broken.push(`${page}: ${target}`);
      else if (anchor && !anchorsOf(content).includes(anchor)) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('every picture is shown on a page', async () => {
  const texts = await Promise.all(linkedPages.map((page) => readFile(join(root, page), 'utf8')));
  const pictures = await readdir(join(root, 'docs/images'));
  expect(pictures.filter((name) => !texts.some((text) => text.includes(`images/${name})`)))).toEqual([]);
});

/** Returns the Markdown files directly in a folder. */
async function pagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder));
  return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
