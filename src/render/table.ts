import { painter, type Style } from './style.ts';

const gap = '  ';

/**
 * Renders a table with a header, and an empty line under it; nothing if it has no rows. On a terminal it fits the
 * width: the last column is left out first, then lines are cut.
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  if (rows.length === 0) return '';
  const table = [header, ...rows];
  const fitted =
    style.terminal && tableWidth(table) > style.width ? table.map((row) => row.slice(0, -1)) : table;
  const widths = columnWidths(fitted);
  const line = (row: readonly string[]): string => {
    const text = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
    return style.terminal && text.length > style.width ? `${text.slice(0, style.width - 1)}…` : text;
  };
  const [first = '', ...others] = fitted.map(line);
  return [painter(style).bold(first), ...others, '', ''].join('\n');
}

function columnWidths(table: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of table) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return widths;
}

function tableWidth(table: readonly (readonly string[])[]): number {
  const widths = columnWidths(table);
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}
