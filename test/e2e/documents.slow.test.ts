import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import planSchema from '../../schemas/plan.schema.json' with { type: 'json' };
import resultSchema from '../../schemas/result.schema.json' with { type: 'json' };
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ajv = new Ajv2020({ strict: false });
const isPlan = ajv.compile(planSchema);
const isResult = ajv.compile(resultSchema);

async function examples(): Promise<{ cwd: string; env: Readonly<Record<string, string>> }> {
  const emulator = await servedEmulator(await readFile(join(root, 'examples/emulator/seed.yaml'), 'utf8'));
  const cwd = await folderWith({});
  for (const service of ['ionos', 'docker-hub', 'harbor', 'gitlab', 'rotation']) {
    await cp(join(root, 'examples', service), join(cwd, service), { recursive: true });
  }
  return { cwd, env: { ...emulator.env, ...emulator.hubEnv, ...emulator.harborEnv, ...emulator.gitlabEnv } };
}

test('what plan and apply print as JSON is what their schemas say, also when things go wrong', async () => {
  const { cwd, env } = await examples();
  for (const variables of [env, { ...env, IONOS_API_URL: 'http://127.0.0.1:1' }]) {
    const plan = JSON.parse((await reconcile(['plan', '--format', 'json'], { cwd, env: variables })).stdout);
    expect(isPlan(plan), ajv.errorsText(isPlan.errors)).toBe(true);
    const result = JSON.parse(
      (await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: variables })).stdout,
    );
    expect(isResult(result), ajv.errorsText(isResult.errors)).toBe(true);
  }
});

test.each(['plan', 'result', 'audit', 'problem', 'manifest'])(
  'the schema of %s compiles alone, as an editor or a script loads it',
  async (name) => {
    const text = await readFile(join(root, `schemas/${name}.schema.json`), 'utf8');
    const schema = JSON.parse(text);
    expect(schema.$id).toBe(`urn:reconcile:schema:${name}:v1`);
    const alone = new Ajv2020({ strict: name !== 'manifest', allowUnionTypes: true });
    expect(() => alone.compile(schema)).not.toThrow();
    const problem = JSON.parse(await readFile(join(root, 'schemas/problem.schema.json'), 'utf8'));
    const { $schema: _, $id: __, title: ___, $defs, ...shape } = problem;
    if (schema.$defs.problem) expect(schema.$defs.problem).toEqual(shape);
    if (schema.$defs.source) expect(schema.$defs.source).toEqual($defs.source);
  },
);

test.each([
  { value: '2027-06-30T00:00:00Z', valid: true },
  { value: '2027-06-30t00:00:00+02:00', valid: true },
  { value: 'never', valid: true },
  { value: '${env:RECONCILE_VAR_END}', valid: true },
  { value: '2027-06-30', valid: false },
  { value: '2027-06-30T00:00:00', valid: false },
  { value: '2027-13-30T00:00:00Z', valid: false },
  { value: '', valid: false },
])('in an editor the expiry $value is valid: $valid', ({ value, valid }) => {
  const isManifest = new Ajv2020({ strict: false }).compile(manifestSchema);
  const token = { kind: 'registry_token', registry: 'team-a', name: 'ci', expiry_date: value };
  expect(isManifest({ apiVersion: 'reconcile/v1', tokens: [token] })).toBe(valid);
});

test.each([
  { value: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', valid: true },
  { value: '${env:RECONCILE_VAR_RECIPIENT}', valid: true },
  { value: 'AGE-SECRET-KEY-1QQQ', valid: false },
  { value: 'ssh-ed25519 AAAA', valid: false },
])('in an editor the age recipient $value is valid: $valid', ({ value, valid }) => {
  const isManifest = new Ajv2020({ strict: false }).compile(manifestSchema);
  const secret = [{ file: { path: 'a', age: [value] } }];
  const token = { kind: 'registry_token', registry: 'team-a', name: 'ci', secret };
  expect(isManifest({ apiVersion: 'reconcile/v1', tokens: [token] })).toBe(valid);
});

test('the schema of manifests is a valid one', () => {
  expect(ajv.validateSchema(manifestSchema), ajv.errorsText()).toBe(true);
});

test('every field of a manifest is described, for editors', () => {
  const undescribed: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [name, field] of Object.entries((schema as { properties?: object }).properties ?? {})) {
      const target = field as { description?: string; $ref?: string } | false;
      if (target && !target.description && !target.$ref && path !== '/properties/tokens/items') {
        undescribed.push(`${path}/${name}`);
      }
    }
    for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`);
  };
  walk(manifestSchema, '');
  for (const [name, definition] of Object.entries(manifestSchema.$defs)) {
    if (!definition.description) undescribed.push(name);
  }
  expect(undescribed.filter((path) => !path.includes('/if/'))).toEqual([]);
});

test('the examples are valid', async () => {
  expect((await reconcile(['validate', join(root, 'examples')], { cwd: root })).code).toBe(0);
});

test('mistakes on the command line are told on stderr, and as JSON where JSON was asked for', async () => {
  const cwd = await folderWith({});
  const misspelt = await reconcile(['aply'], { cwd });
  expect(misspelt).toMatchObject({ code: 1, stdout: '' });
  expect(misspelt.stderr).toContain('did you mean apply?');
  const json = await reconcile(['plan', '--format=json', '--parallelism', 'many'], { cwd });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, errors: [{ code: 'USAGE' }] });
  const empty = await reconcile(['validate', '--format', 'json'], { cwd });
  expect(empty.code).toBe(1);
  expect(JSON.parse(empty.stdout)).toMatchObject({ valid: false, errors: [{ code: 'USAGE' }] });
});
