import type { Problem } from '../core/model/errors.ts';
import { shownProblems } from '../core/model/shown-problems.ts';
import { code, createEscaper, type Escaper, placeCode, problemLine } from './markdown.ts';

/** What a document may have in bytes, and so in characters: GitHub takes 65,536 characters in a comment. */
const budget = 60_000;

/** What of it refusals may have, so that changes are seen beside them. */
const refusalBudget = 20_000;

/** And what is folded under one address, so that none takes the place of all others. */
const detailBudget = 8_000;

/** What is kept for the lines around. */
const frame = 1_000;

/** One address in a document. All its texts are Markdown on one line, and HTML as well. */
export interface ReportItem {
  /** What is done about it, or what became of it. */
  readonly what: string;
  readonly token: string;
  readonly place: string;
  /** What is folded under it, a line each. */
  readonly details: readonly string[];
}

/** What a document tells. */
export interface MarkdownReport {
  readonly summary: string;
  /** Why nothing may be written, if so. */
  readonly guards: readonly Problem[];
  /** Those to be seen first come first. */
  readonly items: readonly ReportItem[];
  /** How to see the items that there is no room for. */
  readonly rest: string;
}

/** The summary, what was refused, a table, and the details folded; as much of it as there is room for. */
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

/** Problems alone, if there is no plan; as many as a run shows, and as there is room for. */
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
  return ['> [!CAUTION]', '> **Refused: nothing is written.**', '>', ...shown, ...more, ''];
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

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The parts that there is room for, in their order; one that is too large makes way for those after it. */
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

/** What lines take, in bytes. */
function size(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
