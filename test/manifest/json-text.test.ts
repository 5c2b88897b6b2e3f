import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/yaml/document.ts';
import type { Path } from '../../src/manifest/yaml/path.ts';
import { load, messages } from './fixtures.ts';

const token = (index: number, more: object = {}) => ({
  kind: 'registry_token',
  registry: 'team-a',
  name: `ci-${index}`,
  scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
  token: `secret "text" ${index}`,
  secret: 'discard',
  ...more,
});

const written = (indent: number | undefined, tokens: readonly unknown[], more: object = {}): string =>
  JSON.stringify(
    { apiVersion: 'reconcile/v1', defaults: { registry_token: { token: 'a' } }, tokens, ...more },
    null,
    indent,
  );

/** All paths that lead to something in a value. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

describe('a long manifest that is written as JSON is read as the same YAML is', () => {
  test.each([
    {
      why: 'in one line',
      text: written(
        undefined,
        Array.from({ length: 60 }, (_, index) => token(index)),
      ),
    },
    {
      why: 'indented',
      text: written(
        2,
        Array.from({ length: 60 }, (_, index) => token(index)),
      ),
    },
    {
      why: 'with other lists and fields after the tokens',
      text: written(
        1,
        Array.from({ length: 60 }, (_, index) => token(index)),
        { prune: [{ match: 'x' }], password: ['a', { b: 'c' }] },
      ),
    },
    {
      why: 'with tokens that are no mappings',
      text: written(1, [...Array.from({ length: 900 }, () => 1), [], 'a', null, {}]),
    },
    {
      why: 'without a list of tokens',
      text: `{"apiVersion":"reconcile/v1","tokens":{"a":"${'b'.repeat(9000)}"}}`,
    },
  ])('$why', ({ text }) => {
    const [json, ...others] = parseDocuments('a.json', text);
    const [yaml] = parseDocuments('a.json', text, { long: Number.POSITIVE_INFINITY });
    expect(others).toEqual([]);
    const value = json?.value();
    expect(value).toEqual(yaml?.value());
    for (const path of pathsOf(value)) {
      for (const what of ['value', 'key'] as const)
        expect(json?.at(path, what)).toEqual(yaml?.at(path, what));
    }
    expect(json?.at(['tokens', 100_000, 'name']).line).toBe(yaml?.at(['tokens', 100_000, 'name']).line);
  });

  test('ten thousand tokens in one line are no more than in lines of their own', async () => {
    const text = written(
      undefined,
      Array.from({ length: 10_000 }, (_, index) => token(index, { token: undefined })),
    );
    const { errors, desired } = await load(text);
    expect(messages(errors)).toEqual([]);
    expect(desired).toHaveLength(10_000);
  });

  test.each([
    {
      why: 'a key that stands twice',
      fault: '{"kind":"registry_token","kind":"registry_token"}',
      message: /unique/,
    },
    { why: 'a comma at the end', fault: '{"kind":"registry_token",}', message: undefined },
    {
      why: 'a merge key',
      fault: '{"<<":{"kind":"registry_token"},"registry":"team-a","name":"merged"}',
      message: undefined,
    },
    { why: 'a key that is too long', fault: `{"${'k'.repeat(300)}":1}`, message: /256 characters/ },
  ])('YAML says what is wrong, or is right: $why', async ({ fault, message }) => {
    const text = written(
      undefined,
      Array.from({ length: 60 }, (_, index) => token(index)),
    ).replace('"tokens":[', `"tokens":[${fault},`);
    const plain = parseDocuments('a.json', text, { long: Number.POSITIVE_INFINITY });
    expect(parseDocuments('a.json', text).map(({ syntax }) => syntax)).toEqual(
      plain.map(({ syntax }) => syntax),
    );
    if (message) expect(messages(plain.flatMap(({ syntax }) => syntax)).join()).toMatch(message);
    else
      expect(plain.map((document) => document.value())).toEqual(
        parseDocuments('a.json', text).map((document) => document.value()),
      );
  });

  test('a million wrong tokens are not read', async () => {
    const { errors } = await load(`{"apiVersion":"reconcile/v1","tokens":[${'"a",'.repeat(400_000)}"a"]}`);
    expect(errors).toHaveLength(1);
  });
});
