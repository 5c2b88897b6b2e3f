import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderManifest } from '../../src/render/manifest-text.ts';

test('a manifest is made for reading: defaults, a token a paragraph, lists of words in one line', () => {
  const text = renderManifest({
    head: ['What this is.', 'What it means.'],
    defaults: { registry_token: { registry: 'team-a', status: 'enabled' } },
    entries: [
      {
        values: {
          kind: 'registry_token',
          name: 'ci-push',
          scopes: [{ type: 'repository', name: '*', actions: ['pull', 'push'] }],
          expiry_date: '2027-06-30T00:00:00Z',
        },
        excluded: false,
        comments: [],
      },
      {
        values: { kind: 'registry_token', name: 'under_score', scopes: [] },
        excluded: true,
        comments: ['registry_token:team-a/under_score is left out: invalid name'],
      },
      { values: { kind: 'registry_token', name: 'null' }, excluded: false, comments: ['A word on it.'] },
    ],
  });
  expect(text).toMatchInlineSnapshot(`
    "# What this is.
    #
    # What it means.
    apiVersion: reconcile/v1
    defaults:
      registry_token:
        registry: team-a
        status: enabled
    tokens:
      - kind: registry_token
        name: ci-push
        scopes:
          - type: repository
            name: "*"
            actions: [pull, push]
        expiry_date: 2027-06-30T00:00:00Z

      # registry_token:team-a/under_score is left out: invalid name
      # - kind: registry_token
      #   name: under_score
      #   scopes: []

      # A word on it.
      - kind: registry_token
        name: "null"
    "
  `);
});

test('without any token it is a manifest still', () => {
  const left = { values: { kind: 'registry_token', name: 'a_b' }, excluded: true, comments: ['No.'] };
  for (const entries of [[], [left]]) {
    const text = renderManifest({ head: [], defaults: {}, entries });
    expect(parse(text)).toEqual({ apiVersion: 'reconcile/v1', tokens: [] });
  }
});

test('nothing in a comment ends it, and nothing in a value is raw', () => {
  const mean = 'a\n  - kind: registry_token\r\u2028\u001b[2J\u202e\u0085x';
  for (const leftOut of [true, false]) {
    const text = renderManifest({
      head: [],
      defaults: {},
      entries: [{ values: { kind: 'registry_token', name: mean }, excluded: leftOut, comments: [mean] }],
    });
    expect(parse(text).tokens).toEqual(leftOut ? [] : [{ kind: 'registry_token', name: mean }]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  }
});

test.each([
  { style: { terminal: true, width: 60 }, widest: 60 },
  { style: { terminal: false, width: 60 }, widest: 104 },
  { style: undefined, widest: 104 },
])(
  'comments are as wide as the terminal, and those of files at most 100 characters: $style',
  ({ style, widest }) => {
    const words = 'word '.repeat(60).trim();
    const entries = [{ values: { kind: 'registry_token' }, excluded: false, comments: [words] }];
    const lines = renderManifest({ head: [words], defaults: {}, entries }, style).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(widest);
    expect(Math.max(...lines.map(({ length }) => length))).toBeGreaterThan(widest - 8);
  },
);
