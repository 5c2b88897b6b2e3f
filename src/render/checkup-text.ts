import type { Check } from '../core/checkup.ts';
import { advised, headed } from './layout.ts';
import { printable } from './printable.ts';
import { painter, type Style } from './style.ts';

const marks = { fine: '✓', wrong: '✗', skipped: '–' } as const;

/** What was looked at, each with a tick or a cure. */
export function renderCheckup(checks: readonly Check[], style: Style): string {
  const paint = painter(style);
  const paints = {
    fine: (mark: string) => paint.action('create', mark),
    wrong: paint.error,
    skipped: paint.dim,
  };
  const lines = checks.flatMap(({ name, state, message, cure }) => [
    ...headed(
      {
        plain: `${marks[state]} ${printable(name)} `,
        painted: `${paints[state](marks[state])} ${paint.bold(printable(name))} `,
      },
      printable(message),
      style,
      2,
    ),
    ...(cure === undefined ? [] : advised(cure, style, 4)),
  ]);
  const wrong = checks.filter(({ state }) => state === 'wrong').length;
  const end =
    wrong === 0 ? 'All is well.' : `${wrong} ${wrong === 1 ? 'thing needs' : 'things need'} a cure.`;
  return `${[...lines, '', paint.bold(end)].join('\n')}\n`;
}
