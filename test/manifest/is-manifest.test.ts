import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** The two validators of a build: one only accepts or rejects, the other describes errors. */
const { isManifest, manifest } = await builtValidators();

const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => parseAllDocuments(readFileSync(join(root, 'examples', file), 'utf8')))
  .map((document) => document.toJS() as unknown)
  .filter((value) => (value as { apiVersion?: unknown } | null)?.apiVersion === 'reconcile/v1');

/** Values that are wrong for most fields. */
const odd = [
  '',
  'x',
  'X'.repeat(2000),
  '${env:X}',
  '2026-01-01',
  null,
  true,
  0,
  -1,
  1.5,
  [],
  [''],
  {},
  { a: 1 },
];

describe('the validator that only accepts or rejects', () => {
  it('accepts the examples', () => {
    expect(examples.length).toBeGreaterThan(10);
    expect(examples.filter((value) => !isManifest(value))).toEqual([]);
  });

  it('agrees with the one that describes errors', () => {
    const verdicts = new Set<boolean>();
    const change = fc.record({
      at: fc.nat(),
      by: fc.nat(odd.length),
      key: fc.constantFrom('name', 'x', 'state'),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...examples),
        fc.array(change, { minLength: 1, maxLength: 2 }),
        (value, changes) => {
          const changed = structuredClone(value);
          for (const { at, by, key } of changes) mutate(changed, at, by, key);
          const accepted = manifest(changed);
          verdicts.add(accepted);
          expect(isManifest(changed)).toBe(accepted);
        },
      ),
      { numRuns: 3000 },
    );
    expect(verdicts.size).toBe(2);
  });
});

/** Bundles both modules as the build does. */
async function builtValidators() {
  // It has no types.
  const plugin = new URL('../../scripts/validators.mjs', import.meta.url).href;
  const { validators } = (await import(plugin)) as { readonly validators: Plugin };
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { isManifest } from './src/manifest/is-manifest.ts';
        export { manifest } from './src/manifest/validators.ts';`,
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [validators],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return (await import(`data:text/javascript;base64,${code}`)) as Record<
    'isManifest' | 'manifest',
    (value: unknown) => boolean
  >;
}

/** Replaces, deletes or adds a value somewhere in a manifest. */
function mutate(value: unknown, at: number, by: number, key: string): void {
  const places: (readonly [parent: Record<string, unknown>, key: string])[] = [];
  const walk = (parent: unknown): void => {
    if (typeof parent !== 'object' || parent === null) return;
    const fields = parent as Record<string, unknown>;
    if (!Array.isArray(parent)) places.push([fields, key]);
    for (const [name, child] of Object.entries(fields)) {
      places.push([fields, name]);
      walk(child);
    }
  };
  walk(value);
  const [parent, name] = places[at % places.length] ?? [{}, ''];
  if (by === odd.length) delete parent[name];
  else parent[name] = structuredClone(odd[by]);
}
