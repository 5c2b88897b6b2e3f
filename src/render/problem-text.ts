import type { Problem } from '../core/errors.ts';
import { printable, wrap } from './printable.ts';
import { painter, type Style } from './style.ts';

/** A problem as people read it: place, what is wrong, the line of the manifest, what to do. */
export function renderProblem(problem: Problem, severity: 'error' | 'warning', style: Style): string {
  const paint = painter(style);
  const { source, message, hint } = problem;
  const place = source ? `${printable(source.file)}:${source.line}:${source.column}: ` : '';
  const path = source?.path === undefined ? '' : `${printable(source.path)}: `;
  const word = severity === 'error' ? paint.error('error') : paint.warning('warning');
  const lines = [`${paint.bold(place)}${word}: ${path}${printable(message)}`];
  for (const line of source?.excerpt?.split('\n') ?? []) lines.push(paint.dim(`    | ${printable(line)}`));
  if (hint !== undefined) {
    lines.push(
      ...wrap(printable(hint), style.width - 6).map(
        (line, index) => `    ${index === 0 ? '→' : ' '} ${line}`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}
