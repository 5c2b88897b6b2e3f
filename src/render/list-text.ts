import type { Fields, Kind } from '../core/model.ts';
import { printable } from './printable.ts';
import { painter, type Style } from './style.ts';
import { valueText } from './values.ts';

/** A row of the table of live tokens. */
export interface ListRow {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
  readonly id: string;
  readonly fields: Fields;
}

/** Live tokens as a table. On a terminal it fits the width: scopes are cut first, IDs are left out. */
export function renderListText(rows: readonly ListRow[], style: Style): string {
  const header = ['REGISTRY', 'NAME', 'STATUS', 'EXPIRES', 'SCOPES', 'ID'];
  const table = [
    header,
    ...rows.map(({ scope, name, id, fields }) => [
      printable(scope),
      printable(name),
      valueText(fields['status'] ?? null),
      valueText(fields['expiry_date'] ?? null),
      valueText(fields['scopes'] ?? null),
      printable(id),
    ]),
  ];
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
  const count = `${rows.length} ${rows.length === 1 ? 'token' : 'tokens'}`;
  return [...(rows.length > 0 ? [painter(style).bold(first), ...others, ''] : []), count, ''].join('\n');
}

const gap = '  ';

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
