import type { Check } from '../core/checkup.ts';
import { printable, wrap } from './printable.ts';
import { painter, type Style } from './style.ts';

/** What was looked at, each with a tick or a cure. */
export function renderCheckup(checks: readonly Check[], style: Style): string {
  const paint = painter(style);
  const marks = { fine: paint.action('create', '✓'), wrong: paint.error('✗'), skipped: paint.dim('–') };
  const lines = checks.flatMap(({ name, state, message, cure }) => [
    ...wrap(`${marks[state]} ${paint.bold(printable(name))}  ${printable(message)}`, style.width).map(
      (line, index) => (index === 0 ? line : `  ${line}`),
    ),
    ...(cure === undefined ? [] : wrap(`→ ${printable(cure)}`, style.width - 4).map((line) => `    ${line}`)),
  ]);
  const wrong = checks.filter(({ state }) => state === 'wrong').length;
  const end =
    wrong === 0 ? 'All is well.' : `${wrong} ${wrong === 1 ? 'thing needs' : 'things need'} a cure.`;
  return `${[...lines, '', paint.bold(end)].join('\n')}\n`;
}
