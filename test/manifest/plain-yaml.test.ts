import { describe, expect, test } from 'vitest';
import { isCredential } from '../../src/manifest/yaml/credentials.ts';
import { parseDocuments } from '../../src/manifest/yaml/document.ts';
import type { Path } from '../../src/manifest/yaml/path.ts';
import { readPlainYaml } from '../../src/manifest/yaml/plain-yaml.ts';
import { fc } from '../support/property.ts';

/** All paths that lead to something in a value. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

/** Expects that a text which is read without the parser has the same value and the same places with it. */
function expectAlike(text: string): void {
  const [plain, ...others] = parseDocuments('a.yaml', text);
  const [parsed, ...more] = parseDocuments('a.yaml', text, { long: Number.POSITIVE_INFINITY });
  expect([others.length, more.length, parsed?.syntax]).toEqual([0, 0, []]);
  const value = plain?.value();
  expect(value).toEqual(parsed?.value());
  expect(plain?.apiVersion).toBe(parsed?.apiVersion);
  for (const path of [...pathsOf(value), ['tokens', 99, 'name'], ['tokens', 0, 'more', 'x'], ['more']]) {
    for (const what of ['value', 'key'] as const)
      expect(plain?.at(path, what)).toEqual(parsed?.at(path, what));
  }
}

const isPlain = (text: string): boolean => readPlainYaml(text, isCredential) !== undefined;

const manifest = (value: string): string => `apiVersion: reconcile/v1\ntokens:\n  - name: ${value}\n`;

test('a manifest in the plain style is read as the parser reads it', () => {
  const text = `# The tokens of team A
---
apiVersion: reconcile/v1

defaults: # of all
  registry_token:
    registry: team-a
    token: \${env:TOKEN:-x}
    scopes: [{ type: repository, name: "app*", actions: [pull,push] }, {}]
tokens:
  - kind: registry_token
    name: 'ci  1' # the first
    expiry_date: 2027-06-30T00:00:00Z
    count: 12
    allow_replace: true
    none:
    password: secret
    # Sinks
    secret:
    - file: { path: ./a b/c.json, token: {a: [x]} }

    - discard
  -   { kind: registry_token, name: b }
  - text
  -   kind: registry_token
      rotate:
        every: 30d
prune:
- match: "x: y"`;
  expect(isPlain(text)).toBe(true);
  expectAlike(text);
});

describe('a value on one line', () => {
  const values = [
    ...[
      'a',
      'a b',
      'a  b',
      'a:b',
      'http://a.b/c?d=e,f',
      'a,b',
      "it's",
      '2027-06-30',
      '90d',
      '${env:A}',
      './a',
    ],
    ...['0', '12', 'null', 'TRUE', 'False', 'yes', '"a: #b"', "'{a}'", '"ü"', '""', "''"],
    ...['[]', '{}', '[a, "b", 3]', '[a,b]', '[ a , b ]', '{ a: b, c: [{ d: e }] }', "{a: 'b',c: d}"],
    ...['a # b', '"a" # b', '[a] # b', 'a:b:c', 'a::b', 'a & b', 'a|b', 'a = b'],
  ];
  test.each(values)('%s is read without the parser', (value) => {
    expect(isPlain(manifest(value))).toBe(true);
    expectAlike(manifest(value));
  });

  const unusual = [
    ...[
      'a: b',
      'a:',
      'a#b',
      '- a',
      '? a',
      '&a b',
      '*a',
      '!t a',
      '@a',
      '`a`',
      '%a',
      '~',
      '-1',
      '1.5',
      '1e5',
      '007',
    ],
    ...[
      '0x1f',
      '.5',
      '.inf',
      '"a',
      "'it''s'",
      '"a\\n"',
      '"a" b',
      '"a"#b',
      "'a'b",
      '|',
      '>',
      'ü',
      'a\tb',
      '{ a: b',
    ],
    ...['[a', '[a, ]', '[,]', '{ a }', '{ a: }', '{a:b}', '{ "a": b }', '{ a: b, a: c }', '{ a: ${env:B} }'],
    ...['[a: b]', '[a] b', '{ true: a }', '{ __proto__: a }', '{ <<: a }', 'a\n      b', '[a,\n     b]'],
  ];
  test.each(unusual)('%j is left to the parser', (value) => {
    expect(isPlain(manifest(value))).toBe(false);
  });
});

test.each([
  ['a repeated key', 'apiVersion: reconcile/v1\ntokens:\n  - name: a\n    name: b\n'],
  ['a second document', 'apiVersion: reconcile/v1\ntokens:\n  - name: a\n---\na: b\n'],
  ['an uneven indent', 'apiVersion: reconcile/v1\ntokens:\n  - name: a\n   kind: b\n'],
  ['a deeper list', 'apiVersion: reconcile/v1\ntokens:\n  - a\n    - b\n'],
  ['a tab', 'apiVersion: reconcile/v1\ntokens:\n\t- a\n'],
  ['line ends of Windows', 'apiVersion: reconcile/v1\r\ntokens:\r\n  - a\r\n'],
  ['a list instead of a mapping', '- apiVersion: reconcile/v1\n'],
  ['nothing', '# nothing\n'],
  ['a credential over several lines', 'apiVersion: reconcile/v1\ntoken:\n  a: b\ntokens:\n  - a\n'],
])('%s is left to the parser', (_, text) => {
  expect(isPlain(text)).toBe(false);
});

test('texts of random lines are read as the parser reads them', () => {
  const scalar = fc.constantFrom(
    'a',
    'a b',
    '1',
    'true',
    '"a: b"',
    '[a, b]',
    '{ token: a, b: [c] }',
    'x:y',
    '',
  );
  const indent = fc.constantFrom('', '  ', '  ', '    ', '    ', '      ');
  const dash = fc.constantFrom('', '', '- ', '-   ');
  const key = fc.constantFrom('name: ', 'kind: ', 'token: ', 'secret: ', 'x:', '');
  const comment = fc.constantFrom('', '', '', ' # c', '#c');
  const line = fc.tuple(indent, dash, key, scalar, comment).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = `apiVersion: reconcile/v1\ntokens:\n  - name: a\n${lines.join('\n')}`;
      if (isPlain(text)) expectAlike(text);
    }),
  );
});
