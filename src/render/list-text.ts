import type { Custody, Fields, Kind } from '../core/model.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { custodyText, valueText } from './values.ts';

/** A row of the table of live tokens. */
export interface ListRow {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
  readonly id: string;
  readonly custody: Custody;
  readonly fields: Fields;
}

/** Live tokens as a table. On a terminal it fits the width: scopes are cut first, IDs are left out. */
export function renderListText(rows: readonly ListRow[], style: Style): string {
  const header = ['REGISTRY', 'NAME', 'STATUS', 'EXPIRES', 'CUSTODY', 'SCOPES', 'ID'];
  const cells = rows.map(({ scope, name, id, custody, fields }) => [
    printable(scope),
    printable(name),
    valueText(fields['status'] ?? null),
    valueText(fields['expiry_date'] ?? null),
    custodyText(custody),
    valueText(fields['scopes'] ?? null),
    printable(id),
  ]);
  const count = `${rows.length} ${rows.length === 1 ? 'token' : 'tokens'}`;
  return `${renderTable(header, cells, style)}${count}\n`;
}
