import type { Custody, Fields, Kind } from '../core/model/token.ts';
import { counted } from '../core/util/counted.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { JsonObject } from '../core/util/json.ts';
import { custodyText, fieldText } from './field-values.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';
import { type Column, renderTable } from './table.ts';

/** A row of the table of live tokens. */
export interface ListRow {
  readonly address: string;
  readonly kind: Kind;
  readonly scope: string;
  /** The fields that name the scope in a manifest; empty if the kind has no scopes. */
  readonly scopeFields: JsonObject;
  readonly name: string;
  readonly id: string;
  readonly custody: Custody;
  /** True if another token has replaced it. */
  readonly retired?: true;
  readonly fields: Fields;
  /** The fields that tokens of this level of scopes don't have. */
  readonly absent?: readonly string[];
  /** In seconds since 1970; `null` for never. Absent if the service doesn't report it. */
  readonly lastUsed?: number | null;
  /**
   * Times of a generation, in seconds since 1970: its creation, when its successor is due, and until when it stays.
   */
  readonly generation?: { readonly madeAt?: number; readonly due?: number; readonly until?: number };
}

/** A layout of the list: what fits the width; all columns; or the addresses alone. */
export type ListLayout = 'fit' | 'wide' | 'name';

/**
 * Renders live tokens as a table for each kind. A table that is too wide for its output has fewer columns. A layout of `name`
 * has one address a line, for other programs.
 */
export function renderListText(
  rows: readonly ListRow[],
  now: number,
  style: Style,
  layout: ListLayout = 'fit',
): string {
  if (layout === 'name') return rows.map(({ address }) => `${printable(address)}\n`).join('');
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const tables = kinds.map((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const isWide = layout === 'wide';
    const table = renderTable(columnsOf(own, now, isWide), own, style, isWide);
    return kinds.length > 1 ? `${painter(style).bold(kind)}\n${table}` : table;
  });
  return `${tables.join('')}${counted(rows.length, 'token')}\n`;
}

/** The importance of columns, the lowest first. */
const ranks = [
  'id',
  'lists',
  'lastUsed',
  'fields',
  'rotation',
  'custody',
  'scope',
  'status',
  'expiry',
] as const;

function rankOf(name: (typeof ranks)[number]): number {
  return ranks.indexOf(name);
}

/** Returns the columns that have values in the rows of one kind: short values first, lists and the ID last. */
function columnsOf(rows: readonly ListRow[], now: number, isWide: boolean): readonly Column<ListRow>[] {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.fields)))];
  const isList = (field: string): boolean => rows.some((row) => Array.isArray(row.fields[field]));
  const isName = (field: string): boolean => rows.every((row) => row.fields[field] === row.name);
  const column = (field: string): Column<ListRow> => ({
    header: headers[field] ?? field.replaceAll('_', ' ').toUpperCase(),
    rank: rankOf(isList(field) ? 'lists' : (knownRanks[field] ?? 'fields')),
    cell: (row) => {
      const text = row.absent?.includes(field) ? '' : fieldText(field, row.fields[field] ?? null);
      return isWide ? text : shortDate(text);
    },
  });
  return [
    ...scopeColumns(rows),
    { header: 'NAME', cell: ({ name }) => printable(name) },
    ...fields.filter((field) => !isList(field) && !isName(field)).map(column),
    ...(rows.some(({ lastUsed }) => lastUsed !== undefined) ? [lastUsedColumn(isWide)] : []),
    ...(rows.some(({ generation }) => generation) ? [generationColumn(now)] : []),
    {
      header: 'CUSTODY',
      rank: rankOf('custody'),
      cell: ({ custody, retired }) => (retired ? 'superseded' : custodyText(custody)),
    },
    ...fields.filter(isList).map(column),
    { header: 'ID', rank: rankOf('id'), cell: ({ id }) => printable(id) },
  ];
}

const headers: Readonly<Record<string, string>> = {
  expiry_date: 'EXPIRES',
  expires_at: 'EXPIRES',
  is_active: 'ACTIVE',
};

const knownRanks: Readonly<Record<string, (typeof ranks)[number]>> = {
  expiry_date: 'expiry',
  expires_at: 'expiry',
  status: 'status',
  is_active: 'status',
  disable: 'status',
};

/** Returns the column of the scopes; none if the kind has no scopes. */
function scopeColumns(rows: readonly ListRow[]): readonly Column<ListRow>[] {
  const levels = new Set(rows.flatMap(({ scopeFields }) => Object.keys(scopeFields)));
  const [level] = levels;
  if (level === undefined) return [];
  const rank = rankOf('scope');
  if (levels.size > 1) return [{ header: 'SCOPE', rank, cell: ({ scope }) => printable(scope) }];
  return [
    { header: level.toUpperCase(), rank, cell: ({ scopeFields }) => printable(String(scopeFields[level])) },
  ];
}

function lastUsedColumn(isWide: boolean): Column<ListRow> {
  return {
    header: 'LAST USED',
    rank: rankOf('lastUsed'),
    cell: ({ lastUsed }) => {
      if (typeof lastUsed !== 'number') return 'never';
      return isWide ? formatInstant(lastUsed) : date(lastUsed);
    },
  };
}

/** Returns the column for a generation's age and its next event. */
function generationColumn(now: number): Column<ListRow> {
  return {
    header: 'ROTATION',
    rank: rankOf('rotation'),
    cell: ({ generation }) => {
      if (!generation) return '';
      const { madeAt, due, until } = generation;
      return [
        ...(madeAt === undefined ? [] : [`${Math.max(0, Math.floor((now - madeAt) / day))}d old`]),
        ...(due === undefined ? [] : [`next ${date(due)}`]),
        ...(until === undefined ? [] : [`until ${date(until)}`]),
      ].join(', ');
    },
  };
}

const day = 86_400;

function date(seconds: number): string {
  return shortDate(formatInstant(seconds));
}

/** Returns the date of an instant like `2027-06-30T00:00:00Z`, and any other text as it is. */
function shortDate(text: string): string {
  return /^\d{4}-\d{2}-\d{2}T[\d:]+Z$/.test(text) ? text.slice(0, 10) : text;
}
