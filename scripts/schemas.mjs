/** Builds JSON Schemas from the fragments of the token kinds. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Fields of every token kind, listed before and after its own fields. */
const first = ['kind', 'state'];
const last = [
  'allow_replace',
  'wait',
  'wait_timeout',
  'protected',
  'replace_order',
  'rotate',
  'secret',
  'api_url',
  'certificate_fingerprint',
  'username',
  'password',
  'token',
];

/**
 * Returns the schemas that depend on the token kinds, by their paths. That of manifests is built from
 * `src/manifest/document.schema.json` and the `KIND.schema.json` files of the services. Those of plans, results and
 * audits get the names of all kinds.
 */
export async function schemas() {
  const kinds = await readKinds();
  const made = {
    'schemas/manifest.schema.json': manifestSchema(
      await readJson('src/manifest/document.schema.json'),
      kinds,
    ),
  };
  for (const name of ['plan', 'result', 'audit']) {
    const path = `schemas/${name}.schema.json`;
    made[path] = withKinds(await readJson(path), kinds);
  }
  return made;
}

/** Writes the schemas that differ. */
export async function writeSchemas() {
  for (const [path, schema] of Object.entries(await schemas())) {
    if (JSON.stringify(await readJson(path)) === JSON.stringify(schema)) continue;
    await writeFile(join(root, path), `${JSON.stringify(schema, null, 2)}\n`);
  }
}

async function readJson(path) {
  return JSON.parse(await readFile(join(root, path), 'utf8'));
}

/** Returns all kinds with their fragments. */
async function readKinds() {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-kinds-'));
  try {
    const outfile = join(folder, 'registry.mjs');
    await build({
      entryPoints: [join(root, 'src/providers/registry.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      // The clients are not needed.
      external: ['./client.ts', './clients.ts'],
    });
    const { tokenKinds } = await import(pathToFileURL(outfile));
    const fragments = await readFragments();
    return tokenKinds.map(({ kind, levels }) => {
      const fragment = fragments.get(kind);
      if (!fragment) throw new Error(`no file ${kind}.schema.json in a folder of src/providers`);
      return { kind, levels, fragment };
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readFragments() {
  const folder = join(root, 'src/providers');
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.schema.json'));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [
        path.replace(/^.*[\\/]|\.schema\.json$/g, ''),
        await readJson(join('src/providers', path)),
      ]),
    ),
  );
}

function manifestSchema(document, kinds) {
  const { $defs, ...schema } = structuredClone(document);
  const { defaults, tokens, prune } = schema.properties;
  defaults.properties = Object.fromEntries(
    kinds.map(({ kind, fragment }) => [
      kind,
      {
        description: `Defaults for ${fragment.title.plural}.`,
        $ref: `#/$defs/${kind}`,
        properties: { kind: false },
      },
    ]),
  );
  const forKind = (kind, then) => ({
    if: { properties: { kind: { const: kind } }, required: ['kind'] },
    then,
  });
  tokens.items.allOf = kinds.map(({ kind }) => forKind(kind, { $ref: `#/$defs/${kind}` }));
  prune.items.allOf = kinds.map(({ kind, levels, fragment }) =>
    forKind(kind, {
      properties: {
        kind: { $ref: '#/$defs/kind' },
        match: { $ref: '#/$defs/match' },
        ...Object.fromEntries(levels.map(({ field }) => [field, fragment.properties[field]])),
      },
      additionalProperties: false,
    }),
  );
  const { match, ...common } = $defs;
  return {
    ...schema,
    $defs: {
      match,
      kind: {
        description: `Kind of token: ${listed(kinds.map(({ kind, fragment }) => `\`${kind}\` (${fragment.title.singular})`))}.`,
        enum: kinds.map(({ kind }) => kind),
      },
      ...Object.fromEntries(kinds.map(({ kind, fragment }) => [kind, definition(fragment)])),
      ...common,
    },
  };
}

function definition({ description, properties }) {
  const common = (names) =>
    Object.fromEntries(
      names.filter((name) => !(name in properties)).map((name) => [name, { $ref: `#/$defs/${name}` }]),
    );
  return {
    description,
    type: 'object',
    additionalProperties: false,
    properties: { ...common(first), ...properties, ...common(last) },
  };
}

/** Replaces the list of kinds of every property `kind` that has one. */
function withKinds(value, kinds) {
  if (Array.isArray(value)) return value.map((item) => withKinds(item, kinds));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === 'kind' && Array.isArray(inner?.enum)
        ? [key, { ...inner, enum: kinds.map(({ kind }) => kind) }]
        : [key, withKinds(inner, kinds)],
    ),
  );
}

function listed(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
