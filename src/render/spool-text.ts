import type { Kind } from '../core/model/token.ts';
import { printable } from './sanitize.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

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
  const header = ['ADDRESS', 'WAITING', 'SINCE', 'SINKS'];
  const cells = rows.map(({ address, state, since, sinks }) => [
    printable(address),
    state === 'secret' ? 'secret' : 'answer',
    since,
    printable(sinks.join(', ')),
  ]);
  return renderTable(header, cells, style).replace(/\n\n$/, '\n');
}
