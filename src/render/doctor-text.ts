import type { HealthCheck } from '../core/model/health-check.ts';
import { hangingIndent, hintLines } from './layout.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';

const marks = { ok: '✓', failed: '✗', skipped: '–' } as const;

/** Renders health checks, each with a mark, and a hint for each that failed. */
export function renderCheckup(checks: readonly HealthCheck[], style: Style): string {
  const paint = painter(style);
  const paints = {
    ok: (mark: string) => paint.action('create', mark),
    failed: paint.error,
    skipped: paint.dim,
  };
  const lines = checks.flatMap(({ name, state, message, fix }) => [
    ...hangingIndent(
      {
        plain: `${marks[state]} ${printable(name)} `,
        painted: `${paints[state](marks[state])} ${paint.bold(printable(name))} `,
      },
      printable(message),
      style,
      2,
    ),
    ...(fix === undefined ? [] : hintLines(fix, style, 4)),
  ]);
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const end =
    failed === 0 ? 'No problems found.' : `${failed} ${failed === 1 ? 'problem' : 'problems'} found.`;
  return `${[...lines, '', paint.bold(end)].join('\n')}\n`;
}
