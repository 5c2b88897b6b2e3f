import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { sinkTypes } from '../src/core/model/sinks/registry.ts';
import { services, tokenKinds } from '../src/providers/registry.ts';

const src = join(dirname(fileURLToPath(import.meta.url)), '../src');

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => path.endsWith('.ts'))
  .sort();

const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

/** The files of ours that a file imports or exports from, from `src`; `../` in front of what is outside. */
function importsOf(file: string): readonly string[] {
  const statements =
    /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...textOf(file).matchAll(statements)]
    .map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
    .filter((target) => target.startsWith('.'))
    .map((target) => posix.join(posix.dirname(file), target))
    .map((target) => relative('.', target).split(sep).join('/'));
}

/** Which folders may import which others. A folder ends in a slash; a folder may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'core/util/': [],
  'core/model/': ['core/util/'],
  'core/plan/': ['core/model/', 'core/util/'],
  'core/audit/': ['core/model/', 'core/util/'],
  'system/': ['core/util/', 'core/model/errors.ts'],
  'manifest/': ['core/', '../schemas/manifest.schema.json'],
  'http/': ['core/model/', 'core/util/'],
  'convert/': ['core/util/', 'core/model/'],
  'custody/': ['core/', 'system/'],
  'render/': ['core/'],
  'providers/': ['core/model/', 'core/util/', 'http/'],
  'observe/': ['core/', 'custody/', 'providers/provider.ts'],
  'execute/': ['core/', 'custody/', 'observe/', 'providers/provider.ts'],
  'emulator/': [],
  'main.ts': ['process.ts', 'version.ts'],
  'process.ts': ['cli/', 'system/'],
};

const covers = (rule: string, file: string): boolean =>
  rule.endsWith('/') ? file.startsWith(rule) : file === rule;

/** Folders that may know services and kinds by name. */
const knowing = ['providers/', 'emulator/', 'convert/'];

/** The files that know the system that runs pipelines. One of these has the name of a service. */
const ofPipelines = /^(app\/init\/|cli\/init\.ts$|cli\/commands\/init\.ts$)/;

/** The names of the registered services and kinds, and of their variables. */
const names = [
  ...tokenKinds.map(({ kind }) => kind),
  ...services.flatMap(({ info: { id, name, variables } }) => [
    id,
    name,
    variables.apiUrl.replace(/API_URL$|URL$/, ''),
    ...variables.logins.flatMap(({ username, password }) => [username, password]),
  ]),
];

/** Returns the text of a file without the names of systems for pipelines. */
function withoutPipelines(file: string): string {
  return ofPipelines.test(file) ? textOf(file).replace(/\bgitlab\b/gi, '') : textOf(file);
}

it('no file outside the folders of services names a service or a kind of token', () => {
  const pattern = new RegExp(names.join('|'), 'i');
  const naming = files.filter(
    (file) => !knowing.some((folder) => file.startsWith(folder)) && pattern.test(withoutPipelines(file)),
  );
  expect(naming).toEqual([]);
});

it('no file outside of a sink type decides by the type of a sink', () => {
  const types = sinkTypes.map(({ type }) => type);
  const own = types.flatMap((type) => [`core/model/sinks/${type}.ts`, `custody/sinks/${type}.ts`]);
  expect(own.filter((file) => !files.includes(file))).toEqual([]);
  const name = `['"\`](${types.join('|')})['"\`]`;
  const decision = new RegExp(`type\\??\\s*[!=]==?\\s*${name}|${name}\\s*[!=]==?|\\bcase\\s+${name}`);
  expect("if (sink.type === 'file')").toMatch(decision);
  expect("({ type }) => type !== 'docker'").toMatch(decision);
  expect("case 'command':").toMatch(decision);
  const deciding = files.filter((file) => !own.includes(file) && decision.test(textOf(file)));
  expect(deciding).toEqual([]);
});

describe('who may import whom', () => {
  test.each(Object.entries(allowed))('%s imports only %j', (folder, others) => {
    const ours = files.filter((file) => covers(folder, file));
    expect(ours).not.toEqual([]);
    const wrong = ours.flatMap((file) =>
      importsOf(file)
        .filter((target) => ![folder, ...others].some((rule) => covers(rule, target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is read from all the imports there are', () => {
    expect(importsOf('process.ts')).toContain('cli/index.ts');
    const targets = new Set(files.flatMap(importsOf).filter((target) => !target.startsWith('..')));
    expect([...targets].filter((target) => !files.includes(target))).toEqual([]);
  });
});

it('no file imports itself by way of others', () => {
  const imports = new Map(
    files.map((file) => [file, importsOf(file).filter((target) => files.includes(target))]),
  );
  const done = new Set<string>();
  const circleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of imports.get(file) ?? []) {
      const circle = circleFrom(target, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) expect(circleFrom(file, [])).toBeUndefined();
});

it('a plan is made without anything that carries one out', () => {
  for (const file of files.filter((file) => file.startsWith('observe/') || file.startsWith('core/'))) {
    expect(importsOf(file).filter((target) => target.startsWith('execute/'))).toEqual([]);
  }
});

it('a secret is revealed in custody/ and nowhere else', () => {
  const revealing = files.filter((file) => textOf(file).includes('.reveal('));
  expect(revealing).not.toEqual([]);
  expect(revealing.filter((file) => !file.startsWith('custody/'))).toEqual([]);
});

it('the process is touched in main.ts and process.ts, and nowhere else', () => {
  const touching = files.filter((file) =>
    /\bprocess\.\w/.test(textOf(file).replace(/^\s*(\/\/|\/?\*).*$/gm, '')),
  );
  expect(touching).toEqual(['main.ts', 'process.ts']);
});

it('tests of which `npm test` runs a part of the cases run again in `npm run test:rest`', () => {
  const asking = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.slow.test.ts'))
    .filter((path) => /from '.*\/lane\.ts'/.test(readFileSync(join(import.meta.dirname, path), 'utf8')));
  expect(new Set(asking.map((path) => path.split('/')[0]))).toEqual(
    new Set(['crash', 'model', 'property', 'vanish']),
  );
});
