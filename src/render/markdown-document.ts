import type { Problem } from '../core/model/errors.ts';
import { shownProblems } from '../core/model/shown-problems.ts';
import { counted } from '../core/util/counted.ts';
import { code, createEscaper, type Escaper, placeCode, problemLine } from './markdown.ts';

/** Maximum size of a document in bytes, and so in characters: GitHub accepts 65,536 characters in a comment. */
const budget = 60_000;

/** Maximum share of refusals, in bytes, so that changes are seen beside them. */
const refusalBudget = 20_000;

/** Maximum size of the details under one address, in bytes, so that none displaces all others. */
const detailBudget = 8_000;

/** Reserve for the surrounding lines, in bytes. */
const frame = 1_000;

/** An address in a document. All its texts are Markdown on one line, and HTML as well. */
export interface ReportItem {
  /** The action, or its result. */
  readonly what: string;
  readonly token: string;
  readonly place: string;
  /** The folded details, one line each. */
  readonly details: readonly string[];
}

/** The content of a document. */
export interface MarkdownReport {
  readonly summary: string;
  /** The reasons why nothing may be written, if there are any. */
  readonly guards: readonly Problem[];
  /** The items, most important first. */
  readonly items: readonly ReportItem[];
  /** A hint for seeing the items that there is no room for. */
  readonly rest: string;
}

/** Renders the summary, the refusals, a table, and the folded details; as much of them as there is room for. */
export function renderDocument({ summary, guards, items, rest }: MarkdownReport, show: Escaper): string {
  const refused = refusals(guards, show);
  const parts = items.map((item) => ({ row: row(item), details: folded(item) }));
  const { shown, left } = fitting(parts, budget - frame - size(refused), ({ row, details }) =>
    size([row, ...details]),
  );
  const table = ['| | token | declared at |', '|---|---|---|', ...shown.map(({ row }) => row), ''];
  return [
    `### ${summary}`,
    '',
    ...refused,
    ...(shown.length > 0 ? table : []),
    ...shown.flatMap(({ details }) => details),
    ...cut(left, 'change', rest),
  ].join('\n');
}

/** Renders problems alone, if there is no plan; as many as a run shows, and as there is room for. */
export function renderProblemsMarkdown(problems: readonly Problem[], mask: (text: string) => string): string {
  const show = createEscaper(mask);
  const lines = shownProblems(problems).shown.map((problem) => {
    const { source } = problem;
    const place = source ? `${placeCode(source, show)} ` : '';
    const path = source?.path === undefined ? '' : `${code(show(source.path))} `;
    return `- ${place}${path}${problemLine(problem, show)}`;
  });
  const { shown } = fitting(lines, budget - frame, (line) => size([line]));
  const left = problems.length - shown.length;
  const summary = `### Failed: ${counted(problems.length, 'error')}`;
  return [summary, '', ...shown, '', ...cut(left, 'error', 'run `reconcile plan` for the rest')].join('\n');
}

function refusals(guards: readonly Problem[], show: Escaper): readonly string[] {
  if (guards.length === 0) return [];
  const lines = guards.map((guard) => {
    const place = guard.source ? `${placeCode(guard.source, show)} ` : '';
    return `> - ${place}${problemLine(guard, show)}`;
  });
  const { shown, left } = fitting(lines, refusalBudget, (line) => size([line]));
  const more = left > 0 ? [`> - and ${left} more`] : [];
  return ['> [!CAUTION]', '> **Refused: nothing was written.**', '>', ...shown, ...more, ''];
}

function row({ what, token, place }: ReportItem): string {
  return `| ${what} | ${token} | ${place} |`;
}

function folded({ what, token, details }: ReportItem): readonly string[] {
  if (details.length === 0) return [];
  const lines = details.map((line) => `- ${line}`);
  const { shown, left } = fitting(lines, detailBudget, (line) => size([line]));
  const more = left > 0 ? [`- ${counted(left, 'more line')} left out here`] : [];
  return ['<details>', `<summary>${what} ${token}</summary>`, '', ...shown, ...more, '', '</details>', ''];
}

function cut(left: number, noun: string, rest: string): readonly string[] {
  return left === 0 ? [] : [`**${counted(left, `more ${noun}`)} left out here: ${rest}.**`, ''];
}

/** Returns the parts that there is room for, in their order; one that is too large is skipped for those after it. */
function fitting<Part>(
  parts: readonly Part[],
  room: number,
  sizeOf: (part: Part) => number,
): { readonly shown: readonly Part[]; readonly left: number } {
  let free = room;
  const shown = parts.filter((part) => {
    const needed = sizeOf(part);
    if (needed > free) return false;
    free -= needed;
    return true;
  });
  return { shown, left: parts.length - shown.length };
}

/** Returns the size of lines, in bytes. */
function size(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
