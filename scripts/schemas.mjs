/** Builds JSON Schemas from the fragments of the token kinds and sink types. */
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
 * Returns the schemas that depend on the token kinds and sink types, by their paths. That of manifests is built from
 * `src/manifest/document.schema.json`, the `KIND.schema.json` files of the services and the `TYPE.schema.json` files of the
 * sink types. Those of plans, results and audits get the names of all kinds, and results an object for each kind.
 */
async function builtSchemas() {
  const { kinds, sinks } = await readRegistries();
  const made = {
    'schemas/manifest.schema.json': manifestSchema(
      await readJson('src/manifest/document.schema.json'),
      kinds,
      sinks,
    ),
  };
  for (const name of ['plan', 'result', 'audit']) {
    const path = `schemas/${name}.schema.json`;
    made[path] = withKinds(await readJson(path), kinds);
  }
  addObjects(made['schemas/result.schema.json'].$defs.result, kinds);
  return made;
}

/** Writes the schemas that differ. */
export async function writeSchemas() {
  for (const [path, schema] of Object.entries(await builtSchemas())) {
    if (JSON.stringify(await readJson(path)) === JSON.stringify(schema)) continue;
    await writeFile(join(root, path), `${JSON.stringify(schema, null, 2)}\n`);
  }
}

async function readJson(path) {
  return JSON.parse(await readFile(join(root, path), 'utf8'));
}

/** Returns all kinds and all sink types with their fragments. */
async function readRegistries() {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-registries-'));
  try {
    const outfile = join(folder, 'registries.mjs');
    await build({
      stdin: {
        contents: [
          "export { tokenKinds } from './src/providers/registry.ts';",
          "export { sinkTypes } from './src/core/model/sinks/registry.ts';",
        ].join('\n'),
        resolveDir: root,
      },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      // The clients are not needed.
      external: ['./client.ts', './clients.ts'],
    });
    const { tokenKinds, sinkTypes } = await import(pathToFileURL(outfile));
    const kindFragment = await readFragments('src/providers');
    const sinkFragment = await readFragments('src/core/model/sinks');
    return {
      kinds: tokenKinds.map(({ kind, levels }) => ({ kind, levels, fragment: kindFragment(kind) })),
      sinks: sinkTypes.map(({ type }) => ({ type, fragment: sinkFragment(type) })),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads the fragments in a folder; returns a lookup by name. */
async function readFragments(folder) {
  const paths = (await readdir(join(root, folder), { recursive: true })).filter((path) =>
    path.endsWith('.schema.json'),
  );
  const fragments = new Map(
    await Promise.all(
      paths.map(async (path) => [
        path.replace(/^.*[\\/]|\.schema\.json$/g, ''),
        await readJson(join(folder, path)),
      ]),
    ),
  );
  return (name) => {
    const fragment = fragments.get(name);
    if (!fragment) throw new Error(`no file ${name}.schema.json in ${folder}`);
    return fragment;
  };
}

function manifestSchema(document, kinds, sinks) {
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
  const { match, ...common } = withSinks($defs, sinks);
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

/** Adds the sink types to the definitions: as properties of `sink`, and each as a definition after it. */
function withSinks($defs, sinks) {
  const nameOf = ({ type }) => `${type}_sink`;
  const sink = {
    description: `A place that receives the secret: ${listed(sinks.map(({ type }) => `\`${type}\``))}.`,
    ...$defs.sink,
    properties: Object.fromEntries(sinks.map((each) => [each.type, { $ref: `#/$defs/${nameOf(each)}` }])),
  };
  const definitions = [['sink', sink], ...sinks.map((each) => [nameOf(each), each.fragment])];
  return Object.fromEntries(
    Object.entries($defs).flatMap((entry) => (entry[0] === 'sink' ? definitions : [entry])),
  );
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

/** Makes a result accept the object of every kind, under the name of the kind. */
function addObjects(result, kinds) {
  const [first, ...others] = kinds.map(({ kind }) => kind);
  const schema = result.properties[first];
  result.properties = Object.fromEntries(
    Object.entries(result.properties).flatMap(([name, inner]) => {
      if (others.includes(name)) return [];
      return name === first ? [first, ...others].map((kind) => [kind, schema]) : [[name, inner]];
    }),
  );
}

function listed(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
