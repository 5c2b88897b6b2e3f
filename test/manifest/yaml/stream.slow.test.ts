import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../../src/manifest/yaml/document.ts';
import type { ManifestDocument } from '../../../src/manifest/yaml/manifest-document.ts';
import type { Path } from '../../../src/manifest/yaml/path.ts';
import { fc } from '../../support/property.ts';

/** A text read as a long one, and as any other. */
function both(
  text: string,
): readonly [long: readonly ManifestDocument[], whole: readonly ManifestDocument[]] {
  return [
    parseDocuments('a.yaml', text, { long: 0 }),
    parseDocuments('a.yaml', text, { long: Number.POSITIVE_INFINITY }),
  ];
}

/** All that a document tells: what is wrong with it, its value or why it has none, and where everything stands. */
function told(document: ManifestDocument) {
  const { syntax, apiVersion, empty } = document;
  try {
    const value = document.value();
    const places = pathsIn(value).flatMap((path) => [document.at(path), document.at(path, 'key')]);
    return { syntax, apiVersion, empty, value, places };
  } catch (error) {
    return { syntax, apiVersion, empty, error: String(error) };
  }
}

function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...members.flatMap(([key, member]) => pathsIn(member, [...path, key])), [...path, 'nowhere']];
}

const head = 'apiVersion: reconcile/v1\ndefaults:\n  registry_token: { registry: team-a }\n';
const token = (name: string, more = ''): string =>
  `  - kind: registry_token\n    name: ${name}\n    scopes:\n      - { type: repository, name: app, actions: [pull] }\n${more}`;

describe('a long manifest reads as any other', () => {
  test.each([
    ['with tokens of several lines', `${head}tokens:\n${token('a')}${token('b')}${token('c')}`],
    [
      'with comments and empty lines',
      `${head}# one\ntokens: # two\n\n  # three\n${token('a')}\n\n# four\n${token('b')} # five\n`,
    ],
    ['with tokens at the margin', `${head}tokens:\n- kind: a\n  name: b\n- {kind: c}\n-\n- null\n- text\n`],
    [
      'with more after the tokens',
      `tokens:\n${token('a')}${token('b')}apiVersion: reconcile/v1\nprune: []\n`,
    ],
    [
      'with several documents',
      `${head}tokens:\n${token('a')}---\nkind: other\n---\n${head}tokens:\n${token('b')}${token('c')}...\n`,
    ],
    ['in one line', '{"apiVersion": "reconcile/v1", "tokens": [{"kind": "a"}, {"kind": "b"}]}'],
    [
      'with texts over several lines',
      `${head}tokens:\n${token('a', '    password: |\n      - one\n      two\n')}${token('b', '    username: "- x\n      - y"\n')}`,
    ],
    [
      'with credentials in the line',
      `${head}tokens:\n  - { kind: a, password: hunter2 }\n  - { token: hunter2, kind: b }\n`,
    ],
    ['with anchors', `${head}tokens:\n  - &a { kind: x }\n  - *a\n  - { <<: *a, name: y }\n`],
    ['with a merge of nothing', `${head}tokens:\n  - { <<: 1 }\n  - { kind: x }\n`],
    ['with a key twice', `${head}tokens:\n  - { kind: a, kind: b }\n${token('c', '    name: d\n')}`],
    ['with the list twice', `tokens:\n  - { kind: a }\ntokens:\n  - { kind: b }\n`],
    ['with a list in a list', `${head}tokens:\n  - - a\n    - b\n  - tokens:\n      - c\n      - d\n`],
    ['with Windows line ends', `${head}tokens:\n${token('a')}${token('b')}`.replaceAll('\n', '\r\n')],
    ['with tabs', `${head}tokens:\n  -\tkind: a\n\t- kind: b\n`],
    ['with a token that is cut off', `${head}tokens:\n${token('a')}  - { kind: b, name: [\n`],
    ['with a token out of line', `${head}tokens:\n${token('a')}   - kind: b\n - kind: c\n`],
    ['without tokens', head],
    ['without anything', ''],
  ])('%s', (_, text) => {
    const [long, whole] = both(text);
    expect(long.map(told)).toEqual(whole.map(told));
  });

  test('whatever it says', () => {
    const pieces = fc.constantFrom(
      ...[
        'tokens:\n',
        'apiVersion: reconcile/v1\n',
        '  - kind: a\n',
        '- kind: b\n',
        '    name: c\n',
        '  name: d\n',
      ],
      ...[
        '  - { kind: e, scopes: [f, g] }\n',
        '    scopes:\n',
        '      - type: h\n',
        '  -\n',
        '  - |\n',
        '      text\n',
      ],
      ...[
        '# comment\n',
        '\n',
        '---\n',
        '...\n',
        'defaults: {}\n',
        '  - "quoted\n',
        '    on"\n',
        '  - [\n',
        ']\n',
        ' :\n',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const [long, whole] = both(parts.join(''));
        expect(long.map(told)).toEqual(whole.map(told));
      }),
      { numRuns: 2000 },
    );
  });
});
