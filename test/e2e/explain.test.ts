import { expect, test } from 'vitest';
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import { explainPath, topics } from '../../src/manifest/explain.ts';
import { reconcile } from '../support/cli.ts';

const run = (...args: readonly string[]) => reconcile(['explain', ...args], { cwd: '/' });

test('a field is explained in the words of the schema, with what is inside it', async () => {
  const { code, stdout } = await run('registry_token.scopes');
  expect(code).toBe(0);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
    manifestSchema.$defs.registry_token.properties.scopes.description,
  );
  expect(stdout).toMatch(/ {2}actions {2}<list of string> {2}required/);
});

test.each([
  { path: 'registry_token.secret.file.format', type: 'raw, json, env, dockerconfigjson, kubernetes' },
  { path: 'registry_token.rotate.every', type: 'string' },
  { path: 'docker_hub_org_token.resources.path', type: 'string' },
  { path: 'prune.match', type: 'string' },
])('$path is of the type $type', ({ path, type }) => {
  expect(explainPath(path)).toMatchObject({ found: { name: path, type } });
});

test('everything that there is can be explained, down to the last field', () => {
  const walk = (path: string, depth = 0): number => {
    const explanation = explainPath(path);
    if (!('found' in explanation)) throw new Error(`${path} can't be explained`);
    const { description, fields } = explanation.found;
    if (depth > 0) expect(description === '' ? path : '').toBe('');
    return fields.reduce((sum, { name }) => sum + walk(`${path}.${name}`, depth + 1), 1);
  };
  const kinds = topics.filter((subject) => subject.includes('_token') || subject === 'prune');
  for (const kind of kinds) expect(walk(kind)).toBeGreaterThan(3);
});

test.each([
  { path: 'registry_tokn', hint: /did you mean registry_token\?/ },
  { path: 'registry_token.constructor', hint: /known fields: / },
  { path: 'secret', hint: /did you mean registry_token\.secret\?/ },
  { path: 'registry_token.scops', hint: /did you mean scopes\?/ },
  { path: 'registry_token.name.length', hint: /field above it has no fields/ },
])('$path is not a field, and the error suggests one', async ({ path, hint }) => {
  const { code, stdout, stderr } = await run(path);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(hint);
});

test('without a field it tells what there is', async () => {
  expect((await run()).stdout.split('\n')).toEqual([...topics, '']);
});
