import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fieldTable } from './schema-tables.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const origin = '<!-- Made by npm run docs. Change what it is made of. -->\n';

/** Returns the reference pages by their paths, generated from the schemas and the program's help texts. */
export async function reference() {
  const problem = await schemaOf('problem');
  return {
    'docs/reference/manifest.md': manifestPage(await schemaOf('manifest')),
    'docs/reference/json.md': jsonPage(await documents(), problem),
    'docs/reference/cli.md': await commandPage(),
  };
}

async function schemaOf(name) {
  return JSON.parse(await readFile(join(root, 'schemas', `${name}.schema.json`), 'utf8'));
}

/** Returns the schemas of the documents in the order of the page. */
function documents() {
  return Promise.all(['plan', 'result', 'audit'].map(schemaOf));
}

function manifestPage(schema) {
  const kinds = schema.$defs.kind.enum;
  const apart = {
    secret: 'sinks',
    sink: 'sinks',
    rotate: 'rotate',
    file_sink: '',
    command_sink: '',
    docker_sink: '',
  };
  const lookUp = (inside) => (ref) => {
    const name = ref.replace('#/$defs/', '');
    const isKind = kinds.includes(name);
    const anchor = isKind ? name : apart[name];
    const link = anchor && !inside.includes(name) ? `[${name}](#${anchor})` : undefined;
    return { schema: schema.$defs[name], ...(link && { link }) };
  };
  const section = (title, name, inside = [name]) =>
    [
      `## ${title}`,
      '',
      schema.$defs[name].description,
      '',
      fieldTable(schema.$defs[name], lookUp(inside)),
      '',
    ].join('\n');
  const sinks = schema.$defs.sink.anyOf ?? schema.$defs.sink.oneOf ?? [schema.$defs.sink];
  return [
    '# Manifests',
    '',
    origin,
    `${schema.description} Editors with a YAML language server take the same words from`,
    '[`schemas/manifest.schema.json`](../../schemas/manifest.schema.json), and `reconcile explain` shows them in the terminal.',
    '',
    '## The document',
    '',
    fieldTable(schema, lookUp([])),
    '',
    ...kinds.map((kind) => section(`\`${kind}\``, kind)),
    section('`rotate`', 'rotate'),
    '## Sinks',
    '',
    schema.$defs.secret.description,
    '',
    fieldTable(
      { properties: Object.assign({}, ...sinks.map(({ properties }) => properties)) },
      lookUp(['sink']),
    ),
    '',
  ].join('\n');
}

function jsonPage(schemas, problem) {
  const page = [
    '# JSON documents',
    '',
    origin,
    'What `--format json` prints: one document on stdout. Fields are only ever added.',
    '',
  ];
  for (const schema of [...schemas, problem]) {
    const lookUp = (ref) => {
      const [file, name] = ref.split(/#\/\$defs\/|$/);
      const owner = file === '' ? schema : problem;
      if (!name) return { schema: owner, link: `[${owner.title}](#${anchorOf(owner.title)})` };
      const link = `[${name}](#${anchorOf(`${owner.title}: ${name}`)})`;
      return { schema: owner.$defs[name], link };
    };
    page.push(`## ${schema.title}`, '', schema.description ?? '', '', fieldTable(schema, lookUp), '');
    for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
      if (!definition.properties) continue;
      page.push(
        `### ${schema.title}: ${name}`,
        '',
        definition.description ?? '',
        '',
        fieldTable(definition, lookUp),
        '',
      );
    }
  }
  return page.join('\n');
}

/** Returns the anchor that GitHub generates for a heading. */
function anchorOf(title) {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

async function commandPage() {
  const page = ['# Commands', '', origin];
  const add = async (...words) => {
    const help = await helpOf(words);
    page.push(`## \`${['reconcile', ...words].join(' ')}\``, '', '```text', help.trimEnd(), '```', '');
    for (const name of subcommandsOf(help)) await add(...words, name);
  };
  await add();
  return page.join('\n');
}

async function helpOf(words) {
  const program = join(root, 'dist/reconcile.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, '--help'], {
    env: { PATH: process.env.PATH },
  });
  return stdout;
}

function subcommandsOf(help) {
  const [, list = ''] = help.split(/^Options:\n(?: .*\n)*/m);
  const [commands = ''] = list.split(/^Examples:$/m);
  const names = commands.match(/^ {2}[a-z][\w-]*/gm) ?? [];
  return names.map((name) => name.trim()).filter((name) => name !== 'help');
}
