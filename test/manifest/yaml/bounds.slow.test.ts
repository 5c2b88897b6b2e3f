import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Composer } from 'yaml';
import { readManifests } from '../../../src/manifest/load.ts';
import { manifest as validateSchema } from '../../../src/manifest/validators.ts';
import { registryToken } from '../../../src/providers/ionos/registry-token.ts';
import { load, manifest, messages, options } from '../fixtures.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const head = 'apiVersion: reconcile/v1\n';

test.each([
  {
    why: 'a mapping with more keys than any manifest has',
    text: manifest(...Array.from({ length: 1001 }, (_, index) => `key${index}: 1`)),
    message: 'a mapping can have at most 1000 keys',
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
    message: 'nested too deeply',
    line: 2,
  },
  {
    why: 'an anchor in a text that is too long to be read as a whole',
    text: `${head}tokens: &all\n${'- { kind: registry_token }\n'.repeat(170_000)}`,
    message: "a document of this size can't contain a YAML anchor",
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

test('a manifest with errors everywhere reports a bounded number of them', async () => {
  const { errors } = await load(`${head}tokens:\n${'- 1\n'.repeat(12_000)}`);
  expect(errors.length).toBeLessThan(10_010);
  expect(messages(errors)).toContain('more than 10000 errors; the others are not shown');
});

test('problems of many tokens are each reported once, at their own place', async () => {
  const count = 3000;
  const { errors } = await load(
    `${head}tokens:\n${'- { kind: registry_token, registry: a }\n'.repeat(count)}`,
  );
  expect(errors.map(({ source }) => source?.line)).toEqual(
    Array.from({ length: count }, (_, index) => index + 3),
  );
});

test('syntax errors can be more than the arguments of a call', async () => {
  const { errors } = await load(`${head}tokens: [ ]${' }'.repeat(130_000)}\n`);
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.every(({ code }) => code.startsWith('MANIFEST_'))).toBe(true);
});

const tooManyParts = 'more than 300000 keys, values, signs and lines';

describe('a text that exceeds a bound during parsing is one located error without a document', () => {
  test.each<{ why: string; text: string; message: string }>([
    { why: 'keys with a question mark', text: '? a\n'.repeat(70_000), message: tooManyParts },
    {
      why: 'a list of texts in brackets',
      text: `tokens: [${'a,'.repeat(200_000)}a]\n`,
      message: tooManyParts,
    },
    {
      why: 'a list of maps in brackets',
      text: `tokens: [${'{a: b},'.repeat(60_000)}a]\n`,
      message: tooManyParts,
    },
    { why: 'lists without items', text: `a: [${'[],'.repeat(110_000)}]\n`, message: tooManyParts },
    { why: 'commas alone', text: `a: [${','.repeat(310_000)}]\n`, message: tooManyParts },
    {
      why: 'another list than tokens',
      text: `groups:\n${'- a\n'.repeat(80_000)}`,
      message: tooManyParts,
    },
    {
      why: 'scopes',
      text: `tokens:\n- scopes:\n${'  - { a: b }\n'.repeat(30_000)}`,
      message: tooManyParts,
    },
    { why: 'comments', text: '# a\n'.repeat(160_000), message: tooManyParts },
    { why: 'empty lines', text: '\n'.repeat(310_000), message: tooManyParts },
    { why: 'tags', text: `a:\n${'- !x a\n'.repeat(60_000)}`, message: tooManyParts },
    {
      why: 'prune rules',
      text: `prune:\n${'- { kind: registry_token, match: a }\n'.repeat(30_000)}`,
      message: tooManyParts,
    },
    {
      why: 'documents',
      text: '---\na: 1\n'.repeat(1_002),
      message: 'more than 1000 documents in one file',
    },
    {
      why: 'documents without content',
      text: '---\n'.repeat(2_000),
      message: 'more than 1000 documents in one file',
    },
    {
      why: 'anchors',
      text: `a:\n${'- &a x\n'.repeat(2_000)}`,
      message: 'more than 1000 anchors',
    },
    {
      why: 'aliases',
      text: `a: &a x\nb:\n${'- *a\n'.repeat(11_000)}`,
      message: 'more than 10000 aliases',
    },
    {
      why: 'lists in lists on a line',
      text: `a:\n${'- '.repeat(5_000)}a\n`,
      message: 'nested too deeply',
    },
    {
      why: 'maps in maps',
      text: `a: ${'{a: '.repeat(900)}${'}'.repeat(900)}\n`,
      message: 'nested too deeply',
    },
    {
      why: 'maps in maps by indentation',
      text: Array.from({ length: 200 }, (_, level) => `${' '.repeat(level)}a:\n`).join(''),
      message: 'nested too deeply',
    },
    {
      why: 'a text in quotes',
      text: `a: "${'x'.repeat(300_000)}"\n`,
      message: 'a text of more than 262144 characters',
    },
    {
      why: 'a text without quotes',
      text: `a: ${'x'.repeat(300_000)}\n`,
      message: 'a text of more than 262144 characters',
    },
    {
      why: 'a text of lines',
      text: `a: |\n${'  x\n'.repeat(80_000)}`,
      message: 'a text of more than 262144 characters',
    },
    {
      why: 'binary data',
      text: `a: !!binary ${'A'.repeat(300_000)}\n`,
      message: 'a text of more than 262144 characters',
    },
  ])('$why', async ({ text, message }) => {
    const compose = vi.spyOn(Composer.prototype, 'compose');
    const { errors } = await load(`${head}${text}`);
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', message, source: { file: '<stdin>' } }]);
    expect(errors[0]?.source?.line).toBeGreaterThan(1);
    expect(compose).not.toHaveBeenCalled();
  });

  test('JSON without a list of tokens as well', async () => {
    const compose = vi.spyOn(Composer.prototype, 'compose');
    const { errors } = await load(
      JSON.stringify({ apiVersion: 'reconcile/v1', more: Array.from({ length: 200_000 }, () => 1) }, null, 2),
    );
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', message: tooManyParts }]);
    expect(compose).not.toHaveBeenCalled();
  });

  test('of JSON whose tokens are wrong throughout, the first 10,000 problems are kept', async () => {
    const tokens = Array.from({ length: 20_000 }, (_, index) => ({
      kind: 'registry_token',
      name: `ci-${index}`,
    }));
    const { errors } = await load(JSON.stringify({ apiVersion: 'reconcile/v1', tokens }, null, 2));
    expect(errors[0]?.message).toContain('more than 10000 problems');
    expect(errors.length).toBeLessThan(10_010);
  });
});

test.each([
  { why: 'dashes in comments', text: `# ${'- '.repeat(600)}\n`.repeat(20) },
  { why: 'dashes and spaces', text: `# -${' '.repeat(600)}-\n`.repeat(20) },
  { why: 'brackets in comments', text: `# ${'['.repeat(2_000)}\n` },
  { why: 'anchors in comments', text: `# ${'&a '.repeat(2_000)}\n` },
])('$why count for nothing', async ({ text }) => {
  const { errors } = await load(manifest() + text);
  expect(errors).toEqual([]);
});

/** More characters than are read as a whole. */
const longText = 300 * 1024;

describe('tokens that are wrong, or for one token, whatever the rest says, are not all read', () => {
  const rest = 'too many tokens are not valid or repeat others; nothing after this one was read';

  test.each([
    { why: 'texts', item: '- a\n' },
    { why: 'without content', item: '- {}\n' },
    { why: 'with a question mark', item: '- ? a\n' },
    { why: 'with an unknown key', item: '- { kind: registry_token, nme: a }\n' },
    { why: 'of one address', item: '- { kind: registry_token, registry: a, name: same }\n' },
  ])('$why', async ({ item }) => {
    const compose = vi.spyOn(Composer.prototype, 'compose');
    const { errors, desired } = await load(
      `${head}tokens:\n${item.repeat(Math.max(25_000, Math.ceil(longText / item.length)))}`,
    );
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', message: rest }]);
    expect(desired).toEqual([]);
    expect(compose.mock.calls.length).toBeLessThan(20_010);
  });

  test('with many keys each', async () => {
    const keys = Array.from({ length: 900 }, (_, index) => `k${index}: 1`).join(', ');
    const { errors } = await load(`${head}tokens:\n${`- { ${keys} }\n`.repeat(300)}`);
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', message: rest }]);
  });

  test('but those that differ by their document, their state or their variables are', async () => {
    const env = { RECONCILE_VAR_A: 'a' };
    const absent = `${head}defaults: { registry_token: { registry: a, state: absent } }\ntokens:\n`;
    const gone = Array.from(
      { length: 300 },
      (_, index) => `- { kind: registry_token, registry_token: x${index} }\n`,
    );
    const documents = Array.from(
      { length: 100 },
      (_, index) => absent.replace('registry: a', `registry: a${index}`) + gone.join(''),
    );
    const { errors, desired } = await load(documents.join('---\n'), { env });
    expect(errors).toEqual([]);
    expect(desired).toHaveLength(30_000);
  });
});

describe('lists and texts of an entry have bounds', () => {
  const many = (count: number, item: string): string =>
    `[${Array.from({ length: count }, () => item).join(', ')}]`;
  const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

  test.each<{ why: string; lines: readonly string[]; path: string; message: string }>([
    {
      why: 'scopes',
      lines: [`scopes: ${many(5_000, '{ type: repository, name: a, actions: [pull] }')}`],
      path: 'tokens[0].scopes',
      message: 'expected at most 1000 items',
    },
    {
      why: 'actions',
      lines: [`scopes: [{ type: repository, name: a, actions: ${many(101, 'zzz')} }]`],
      path: 'tokens[0].scopes[0].actions',
      message: 'expected at most 100 items',
    },
    {
      why: 'sinks',
      lines: [`secret: ${many(101, '{ file: { path: ../a } }')}`],
      path: 'tokens[0].secret',
      message: 'expected at most 100 items',
    },
    {
      why: 'recipients',
      lines: [`secret: [{ file: { path: a, age: ${many(101, recipient)} } }]`],
      path: 'tokens[0].secret[0].file.age',
      message: 'expected at most 100 items',
    },
    {
      why: 'arguments',
      lines: [`secret: [{ command: { run: ${many(1_001, 'cat')} } }]`],
      path: 'tokens[0].secret[0].command.run',
      message: 'expected at most 1000 items',
    },
    {
      why: 'an argument',
      lines: [`secret: [{ command: { run: [cat, "${'a'.repeat(32_769)}"] } }]`],
      path: 'tokens[0].secret[0].command.run[1]',
      message: 'expected at most 32768 characters; found 32769',
    },
    {
      why: 'a path',
      lines: [`secret: [{ file: { path: "${'../'.repeat(2_000)}a" } }]`],
      path: 'tokens[0].secret[0].file.path',
      message: 'expected at most 4096 characters; found 6001',
    },
    {
      why: 'an instant',
      lines: [`expiry_date: "${'a'.repeat(2_000)}"`],
      path: 'tokens[0].expiry_date',
      message: 'expected at most 256 characters; found 2000',
    },
  ])('$why', async ({ lines, path, message }) => {
    const { errors } = await load(manifest(...lines));
    expect(errors.filter((error) => error.message.startsWith('expected at most'))).toMatchObject([
      { code: 'MANIFEST_INVALID', message, source: { path } },
    ]);
  });

  test('what exceeds one is not looked at by the rules of its kind', async () => {
    const check = vi.fn(registryToken.check);
    await load(manifest(`scopes: ${many(1_500, '{ type: zzz, name: a, actions: [pull] }')}`), {
      declarations: [{ ...registryToken, check }],
    });
    expect(check).toHaveBeenCalledOnce();
    expect(check.mock.calls[0]?.[0]).not.toHaveProperty('scopes');
  });

  test('of a list that is far too long little is validated', async () => {
    const { errors } = await load(manifest(`scopes: [${'1,'.repeat(90_000)}]`));
    expect(errors.length).toBeLessThan(1_010);
    expect(validateSchema.errors?.length ?? 0).toBeLessThan(3_100);
  });

  test('a key', async () => {
    const { errors } = await load(manifest(`"${'k'.repeat(257)}": 1`));
    expect(errors).toMatchObject([
      {
        code: 'MANIFEST_SYNTAX',
        message: 'a key can have at most 256 characters',
        source: { line: 6 },
      },
    ]);
  });

  test('a pattern of a prune rule', async () => {
    const { errors, prunes } = await load(
      `${head}prune: [{ kind: registry_token, registry: a, match: "${'*a'.repeat(100_000)}" }]\n`,
    );
    expect(errors).toMatchObject([
      { message: 'expected at most 256 characters; found 200000', source: { path: 'prune[0].match' } },
    ]);
    expect(prunes).toEqual([]);
  });

  test('the text that variables expand to', async () => {
    const env = { RECONCILE_VAR_A: 'a'.repeat(10_000) };
    const { errors } = await load(manifest(`api_url: "${'${env:RECONCILE_VAR_A}'.repeat(10)}"`), { env });
    expect(errors).toMatchObject([{ message: 'its variables expand to more than 32768 characters' }]);
  });
});

describe('prune rules', () => {
  const rules = (count: number): string =>
    `${head}prune:\n${Array.from({ length: count }, (_, index) => `- { kind: registry_token, registry: a, match: c${index} }\n`).join('')}`;

  test('more than a thousand are refused before any of them is read', async () => {
    const identify = vi.fn(registryToken.identify);
    const { errors, prunes } = await load(rules(1_001), {
      declarations: [{ ...registryToken, identify }],
    });
    expect(errors).toMatchObject([
      {
        code: 'MANIFEST_INVALID',
        message: 'more than 1000 prune rules in one run',
        source: { path: 'prune[1000]', line: 1003 },
      },
    ]);
    expect(prunes).toEqual([]);
    expect(identify).not.toHaveBeenCalled();
  });

  test('all documents and files of a run count together', async () => {
    const { errors } = await load(`${rules(600)}---\n${rules(600)}`);
    expect(messages(errors)).toEqual(['more than 1000 prune rules in one run']);
    expect((await load(`${rules(500)}---\n${rules(500)}`)).errors).toEqual([]);
  });
});

describe('aliases and merge keys are counted before they are expanded', () => {
  const wide = Array.from({ length: 999 }, (_, index) => `k${index}: 1`).join(', ');

  test.each([
    {
      why: 'a merge of many keys in many tokens',
      text: `x: &a { ${wide} }\ntokens:\n${'- <<: *a\n'.repeat(9_000)}`,
    },
    { why: 'many merges in one token', text: `x: &a { ${wide} }\ntokens:\n- <<: [${'*a,'.repeat(9_000)}]\n` },
    { why: 'an alias of a long list', text: `x: &a [${'1,'.repeat(5_000)}]\ny:\n${'- *a\n'.repeat(9_000)}` },
    { why: 'an alias within its own anchor', text: 'x: &a [*a]\n' },
    {
      why: 'aliases within each other',
      text: Array.from(
        { length: 300 },
        (_, index) => `x${index}: &a${index} [${index === 0 ? 1 : `*a${index - 1}`}]\n`,
      ).join(''),
    },
  ])('$why', async ({ text }) => {
    const toJS = vi.spyOn((await import('yaml')).Document.prototype, 'toJS');
    const { errors } = await load(`${head}${text}`);
    expect(errors).toMatchObject([
      { code: 'MANIFEST_SYNTAX', message: 'its anchors and aliases expand to too many values, or to none' },
    ]);
    expect(toJS).not.toHaveBeenCalled();
  });

  test('what a team shares is far below', async () => {
    const tokens = Array.from({ length: 2_000 }, (_, index) => `- { <<: *common, name: ci-${index} }\n`);
    const { errors, desired } = await load(
      `${head}defaults: { registry_token: &common { registry: a, scopes: [], secret: discard } }\ntokens:\n${tokens.join('').replaceAll('<<: *common,', '<<: *common, kind: registry_token,')}`,
    );
    expect(errors).toEqual([]);
    expect(desired).toHaveLength(2_000);
  });
});

test('a document has at most a thousand errors of its syntax', async () => {
  for (const text of [
    `a: ${']'.repeat(100_000)}\n`,
    `a: [${','.repeat(100_000)}]\n`,
    `a: ${"'a' ".repeat(50_000)}\n`,
  ]) {
    const { errors } = await load(`${head}${text}`);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(2_001);
  }
});

test('warnings are bounded as well', async () => {
  const tokens = Array.from(
    { length: 11_000 },
    (_, index) => `- { kind: registry_token, registry: a, name: Up-${index}, scopes: [] }\n`,
  );
  const { errors, warnings } = await load(`${head}tokens:\n${tokens.join('')}`);
  expect(errors).toEqual([]);
  expect(warnings).toHaveLength(10_001);
  expect(messages(warnings)).toContain('more than 10000 warnings; the others are not counted');
});

test('nothing is read after the file with too many problems', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-bounds-'));
  await writeFile(join(folder, 'a.yaml'), `${head}tokens: [${'{ kind: a },'.repeat(10_001)}]\n`);
  await writeFile(join(folder, 'b.yaml'), `${head}wrong: 1\n`);
  const { errors } = await readManifests(['.'], { ...options, cwd: folder });
  expect(messages(errors)).toContain('more than 10000 problems up to a.yaml; nothing after it was read');
  expect(errors.some(({ source }) => source?.file === 'b.yaml')).toBe(false);
  await rm(folder, { recursive: true });
});

test('entries of one address are not all looked at, in whatever way they are written', async () => {
  const env = { RECONCILE_VAR_A: 'a' };
  const identify = vi.fn(registryToken.identify);
  const token =
    '- { kind: registry_token, registry: "${env:RECONCILE_VAR_A}", name: same, scopes: [], secret: discard }\n';
  const { errors } = await load(`${head}tokens:\n${token.repeat(30_000)}`, {
    env,
    declarations: [{ ...registryToken, identify }],
  });
  expect(messages(errors)).toContain('more than 10000 problems up to <stdin>; nothing after it was read');
  expect(errors.length).toBeLessThan(10_010);
  const entries = identify.mock.calls.filter(([{ registry }]) => registry === 'a');
  expect(entries.length).toBeLessThan(10_010);
});
