import { expect, test } from 'vitest';
import { load, manifest, messages } from './manifests.ts';

const head = 'apiVersion: reconcile/v1\n';

test.each([
  {
    why: 'a mapping with more keys than any manifest has',
    text: manifest(...Array.from({ length: 1001 }, (_, index) => `key${index}: 1`)),
    message: 'a mapping may have 1000 keys; this one has more',
    line: 1003,
  },
  {
    why: 'a key that stands twice, once as a number and once as a text',
    text: manifest('1: a', '"1": b'),
    message: 'Map keys must be unique',
    line: 7,
  },
  {
    why: 'lists within lists',
    text: `${head}tokens: ${'['.repeat(200_000)}\n`,
    message: 'it is nested too deeply',
    line: 2,
  },
  {
    why: 'an anchor in a text that is too long to be read as a whole',
    text: `${head}tokens: &all\n${'- { kind: registry_token }\n'.repeat(170_000)}`,
    message: 'so long a text can have no anchor',
    line: 2,
  },
  {
    why: 'a fault in such a text',
    text: `${head}tokens:\n- { kind: a, kind: b }\n${'- { kind: registry_token }\n'.repeat(170_000)}`,
    message: 'Map keys must be unique',
    line: 3,
  },
])('$why is an error that is located, and takes no time to find', async ({ text, message, line }) => {
  const { errors, desired } = await load(text);
  expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', message, source: { line } }]);
  expect(desired).toEqual([]);
});

test('of a manifest that is wrong throughout so much is told as can be mended', async () => {
  const { errors } = await load(`${head}tokens:\n${'- 1\n'.repeat(12_000)}`);
  expect(errors.length).toBeLessThan(10_010);
  expect(messages(errors)).toContain('more than 10000 faults; the others are not shown');
});

test('faults of many tokens are each told once, at their own place', async () => {
  const count = 3000;
  const { errors } = await load(
    `${head}tokens:\n${'- { kind: registry_token, registry: a }\n'.repeat(count)}`,
  );
  expect(errors.map(({ source }) => source?.line)).toEqual(
    Array.from({ length: count }, (_, index) => index + 3),
  );
});

test('faults of the syntax can be so many that they are no arguments of a call', async () => {
  const { errors } = await load(`${head}tokens: [ ]${' }'.repeat(130_000)}\n`);
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.every(({ code }) => code.startsWith('MANIFEST_'))).toBe(true);
});
