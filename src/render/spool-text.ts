import { labelOfSinkName } from '../core/model/sink.ts';
import type { Kind } from '../core/model/token.ts';
import { printable } from './sanitize.ts';
import type { Style } from './style.ts';
import { type Column, renderTable } from './table.ts';

/** An entry of the spool, as people and scripts see it. */
export interface SpoolRow {
  readonly address: string;
  readonly kind: Kind;
  /** `secret` if a secret waits, `unanswered` if the response was lost. */
  readonly state: 'secret' | 'unanswered';
  readonly id: string | null;
  /** RFC 3339. */
  readonly since: string;
  readonly sinks: readonly string[];
}

/** Renders the spool as a table. */
export function renderSpoolText(rows: readonly SpoolRow[], style: Style): string {
  if (rows.length === 0) return 'The spool is empty.\n';
  return renderTable(columns, rows, style).replace(/\n\n$/, '\n');
}

const columns: readonly Column<SpoolRow>[] = [
  { header: 'ADDRESS', cell: ({ address }) => printable(address) },
  { header: 'WAITING', rank: 3, cell: ({ state }) => (state === 'secret' ? 'secret' : 'response') },
  { header: 'SINCE', rank: 1, cell: ({ since }) => since },
  { header: 'SINKS', rank: 2, cell: ({ sinks }) => printable(sinks.map(labelOfSinkName).join(', ')) },
];
