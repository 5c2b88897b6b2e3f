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

/** Live tokens as a table. */
export function renderListText(rows: readonly ListRow[], style: Style): string {
  const header = ['REGISTRY', 'NAME', 'STATUS', 'EXPIRES', 'ID', 'SCOPES'];
  const cells = rows.map(({ scope, name, id, fields }) => [
    printable(scope),
    printable(name),
    valueText(fields['status'] ?? null),
    valueText(fields['expiry_date'] ?? null),
    printable(id),
    valueText(fields['scopes'] ?? null),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  const count = `${rows.length} ${rows.length === 1 ? 'token' : 'tokens'}`;
  return [
    ...(rows.length > 0 ? [painter(style).bold(line(header)), ...cells.map(line), ''] : []),
    count,
    '',
  ].join('\n');
}
