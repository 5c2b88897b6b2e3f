import type { Problem } from '../core/model/errors.ts';
import { hangingIndent, hintLines } from './layout.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';

/** Renders a problem for people: place, message, the line of the manifest, hint. */
export function renderProblem(problem: Problem, severity: 'error' | 'warning', style: Style): string {
  const paint = painter(style);
  const { source, message, hint } = problem;
  const place = source ? `${printable(source.file)}:${source.line}:${source.column}: ` : '';
  const path = source?.path === undefined ? '' : `${printable(source.path)}: `;
  const paintedSeverity = severity === 'error' ? paint.error(severity) : paint.warning(severity);
  const head = { plain: `${place}${severity}:`, painted: `${paint.bold(place)}${paintedSeverity}:` };
  const text = `${path}${printable(message)}`;
  // On one line if it isn't a terminal, so that it can be searched for.
  const lines = style.terminal ? [...hangingIndent(head, text, style, 4)] : [`${head.painted} ${text}`];
  for (const line of excerptLines(source?.excerpt, style)) lines.push(paint.dim(`    | ${printable(line)}`));
  if (hint !== undefined) lines.push(...hintLines(hint, style, 4));
  return `${lines.join('\n')}\n`;
}

/** Returns the line of the manifest and the mark under it; of a long one, on a terminal, the part around the mark. */
function excerptLines(excerpt: string | undefined, { terminal, width }: Style): readonly string[] {
  const lines = excerpt?.split('\n') ?? [];
  if (!terminal) return lines;
  const room = width - 6;
  const mark = (lines.at(-1)?.length ?? 0) - 1;
  const from = mark + 20 <= room ? 0 : mark - Math.floor(room / 2);
  return lines.map((line) => line.slice(from, from + room));
}
