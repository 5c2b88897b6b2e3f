import { expect, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import type { Change, Result } from '../../src/core/model/plan.ts';
import type { Json } from '../../src/core/util/json.ts';
import { renderListText } from '../../src/render/list-text.ts';
import { renderProblemsMarkdown } from '../../src/render/markdown-document.ts';
import { escapeMarkdown } from '../../src/render/markdown-escape.ts';
import { renderPlanMarkdown } from '../../src/render/plan-markdown.ts';
import { renderPlanText } from '../../src/render/plan-text.ts';
import { renderProblem } from '../../src/render/problem-text.ts';
import { renderResultMarkdown } from '../../src/render/result-markdown.ts';
import { renderResultText } from '../../src/render/result-text.ts';
import { printable } from '../../src/render/sanitize.ts';
import { renderSpoolText } from '../../src/render/spool-text.ts';
import { workflowCommand } from '../../src/render/workflow-command.ts';
import { fc } from '../support/property.ts';

/** What a terminal acts on, and what makes a line read as another one; a line's end is ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

const mean = fc.constantFrom(
  '\u001b[2J',
  '\r',
  '\n',
  '\u0007',
  '\u202e',
  '\u009b31m',
  '\u200b',
  '\u0000',
  '→',
  '|',
  '`',
  '\\',
  '<img src=x onerror=alert(1)>',
  '</details>',
  '[x](javascript:alert(1))',
  '@team',
  '#123',
  '- ',
  '::error::',
);
const text = fc
  .array(fc.oneof(mean, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 5 })
  .map((parts) => parts.join(''));
const value: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.record({ type: text, name: text, actions: fc.array(text, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
  fc.dictionary(text, text, { maxKeys: 2 }),
);
const source = fc.record({ file: text, line: fc.nat(), column: fc.nat(), path: text, excerpt: text });
const problem: fc.Arbitrary<Problem> = fc.record({
  code: fc.constant('API_REJECTED' as const),
  message: text,
  hint: text,
  source,
});
const styles = fc.record({
  width: fc.integer({ min: 60, max: 120 }),
  color: fc.constant(false),
  terminal: fc.boolean(),
});
const action = fc.constantFrom('create', 'patch', 'replace', 'delete', 'deliver', 'noop', 'error');

const change: fc.Arbitrary<Change> = fc.record({
  address: text.map((name) => `registry_token:${name}`),
  entryAddress: text,
  supersededToken: fc.constant(null),
  kind: fc.constant('registry_token' as const),
  action,
  id: fc.option(text),
  reason: text,
  fields: fc.array(fc.record({ field: fc.oneof(text, fc.constant('name')), before: value, after: value }), {
    maxLength: 3,
  }),
  payload: fc.constant({}),
  secret: fc.option(fc.array(text, { maxLength: 2 })),
  replaceOrder: fc.constantFrom(null, 'create_first' as const),
  custody: fc.constantFrom(null, 'held' as const),
  cause: fc.constantFrom(null, 'drift' as const),
  family: fc.option(
    fc.record({
      next: fc.option(fc.record({ name: text, expires: text })),
      rotationDue: fc.option(text),
      retained: fc.array(fc.record({ id: text, name: text, until: fc.option(text) }), { maxLength: 2 }),
    }),
  ),
  error: fc.option(problem),
  warnings: fc.array(text, { maxLength: 2 }),
  source,
});

const result: fc.Arbitrary<Result> = fc.record({
  address: text.map((name) => `registry_token:${name}`),
  kind: fc.constant('registry_token' as const),
  action,
  status: fc.constantFrom('applied', 'unchanged', 'failed', 'not_run'),
  changed: fc.boolean(),
  id: fc.option(text),
  deliveredTo: fc.array(text, { maxLength: 2 }),
  error: fc.option(problem),
  warnings: fc.array(text, { maxLength: 2 }),
  source,
});

const row = fc.record({
  address: text,
  kind: fc.constant('registry_token' as const),
  scope: text,
  scopeFields: text.map((registry) => ({ registry })),
  name: text,
  id: text,
  custody: fc.constant('held' as const),
  fields: fc.record({ scopes: value, status: value, [`__${'proto'}`]: text }),
});

const spoolRow = fc.record({
  address: text,
  kind: fc.constant('registry_token' as const),
  state: fc.constantFrom('secret' as const, 'unanswered' as const),
  id: fc.option(text),
  since: fc.constant('2026-01-01T00:00:00Z'),
  sinks: fc.array(text, { maxLength: 2 }),
});

function noneRaw(rendered: string): void {
  expect(rendered).not.toMatch(raw);
}

test('a plan never prints raw what servers and manifests say', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 3 }),
      fc.array(problem, { maxLength: 2 }),
      styles,
      (changes, guards, style) =>
        noneRaw(renderPlanText({ version: 1, changes, guards, digest: 'sha256:0' }, style)),
    ),
  );
});

test('nor does a result', () => {
  fc.assert(
    fc.property(fc.array(result, { maxLength: 3 }), styles, (results, style) =>
      noneRaw(renderResultText(results, style)),
    ),
  );
});

test('nor a list, the spool, or a problem', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 3 }),
      fc.array(spoolRow, { maxLength: 3 }),
      problem,
      styles,
      (rows, spool, told, style) => {
        noneRaw(renderListText(rows, 0, style));
        noneRaw(renderSpoolText(spool, style));
        noneRaw(renderProblem(told, 'error', style));
      },
    ),
  );
});

test('one thing takes one line: no name begins another', () => {
  fc.assert(
    fc.property(row, (only) => {
      const style = { width: 120, color: false, terminal: false };
      expect(renderListText([only], 0, style).trimEnd().split('\n')).toHaveLength(4);
    }),
  );
});

/** A text without anything that Markdown, HTML or GitHub takes for more. */
const plain = '[^\\\\`*_[\\]<>&|~#@$\\n]*';

/** The lines that a document is made of, once the marks of ours within a line are left out. */
const markdownLine = new RegExp(
  `^(?:### ${plain}|\\|(?: ${plain} \\|){3}|> - ${plain}|- ${plain}|<summary>${plain}</summary>|</?details>|)$`,
);
const fixedLines = [
  '| | token | declared at |',
  '|---|---|---|',
  '> [!CAUTION]',
  '> **Refused: nothing was written.**',
  '>',
];
const marks = /<\/?code>|<br>|<wbr>|&#\d+;|\*\*(?:API_REJECTED|reason|warning)\*\*|registry_token/g;

function nothingBrokeOut(document: string): void {
  noneRaw(document);
  expect(Buffer.byteLength(document)).toBeLessThanOrEqual(60_000);
  const lines = document.split('\n').filter((line) => !fixedLines.includes(line));
  expect(lines.filter((line) => !markdownLine.test(line.replace(marks, '')))).toEqual([]);
}

const asIs = (whole: string): string => whole;

test('in Markdown, what servers and manifests say is text and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 3 }),
      fc.array(result, { maxLength: 3 }),
      fc.array(problem, { maxLength: 2 }),
      (changes, results, problems) => {
        const plan = { version: 1, changes, guards: problems, digest: 'sha256:0' } as const;
        nothingBrokeOut(renderPlanMarkdown(plan, asIs));
        nothingBrokeOut(renderResultMarkdown(results, problems, asIs));
        nothingBrokeOut(renderProblemsMarkdown(problems, asIs));
      },
    ),
  );
});

test('and nothing of it is lost', () => {
  fc.assert(
    fc.property(text, (given) => {
      const shown = escapeMarkdown(given)
        .replaceAll('<wbr>', '')
        .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      expect(shown).toBe(printable(given));
    }),
  );
});

test('an annotation is one line, and its properties are those that it was given', () => {
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 3 }), (file, title, lines) => {
      const place = { file, line: 1, column: 2 };
      const command = workflowCommand({ severity: 'error', title, lines, place });
      noneRaw(command);
      expect(command.trimEnd().split('\n')).toHaveLength(1);
      const [, properties = ''] = /^::error (.*?)::/.exec(command) ?? [];
      expect(properties.split(',').map((property) => property.split('=')[0])).toEqual([
        'file',
        'line',
        'col',
        'title',
      ]);
    }),
  );
});
