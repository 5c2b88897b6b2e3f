import { labelOfSinkName } from '../core/model/sink.ts';
import { counted } from '../core/util/counted.ts';
import { printable } from './sanitize.ts';
import { renderSpoolText, type SpoolRow } from './spool-text.ts';
import type { Style } from './style.ts';
import { type Column, renderTable } from './table.ts';

/** A record of the ledger, as people and scripts see it. */
export interface LedgerRow {
  readonly address: string;
  readonly kind: string;
  readonly name: string;
  readonly id: string | null;
  readonly delivered_to: readonly string[];
  /** The IDs of the replaced tokens that are still to be deleted. */
  readonly superseded: readonly string[];
  /** The number of creates without a response that may still take effect. */
  readonly unresolved: number;
}

/** The content of a state. Holds no secrets. */
export interface StateView {
  readonly location: string;
  /** The run that holds it. */
  readonly holder: string | null;
  /** The age recipients that secrets in the spool are encrypted to. */
  readonly recipients: readonly string[];
  readonly tokens: readonly LedgerRow[];
  readonly spool: readonly SpoolRow[];
}

/** Renders the content of a state. */
export function renderStateText(
  { location, holder, recipients, tokens, spool }: StateView,
  style: Style,
): string {
  const facts = [
    `location  ${printable(location)}`,
    `lock      ${holder === null ? 'free' : `held by ${printable(holder)}`}`,
    ...recipients.map((recipient) => `key       secrets are encrypted to ${recipient}`),
  ];
  const ledger =
    tokens.length === 0
      ? 'The ledger is empty.\n'
      : renderTable(ledgerColumns, tokens, style).replace(/\n\n$/, '\n');
  return `${facts.join('\n')}\n\n${ledger}\n${renderSpoolText(spool, style)}`;
}

const ledgerColumns: readonly Column<LedgerRow>[] = [
  { header: 'ADDRESS', cell: ({ address }) => printable(address) },
  { header: 'ID', rank: 1, cell: ({ id }) => id ?? '-' },
  {
    header: 'SECRET IN',
    rank: 2,
    cell: ({ delivered_to }) => printable(delivered_to.map(labelOfSinkName).join(', ')) || '-',
  },
  {
    header: 'PENDING',
    rank: 3,
    cell: ({ superseded, unresolved }) =>
      [
        ...(superseded.length > 0 ? [`${superseded.length} to delete`] : []),
        ...(unresolved > 0 ? [counted(unresolved, 'lost create')] : []),
      ].join(', '),
  },
];
