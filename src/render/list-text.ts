import type { Custody, Fields, Kind } from '../core/model/token.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { JsonObject } from '../core/util/json.ts';
import { custodyText, fieldText } from './field-values.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';
import { renderTable } from './table.ts';

/** A row of the table of live tokens. */
export interface ListRow {
  readonly kind: Kind;
  readonly scope: string;
  /** The fields that name the scope in a manifest; empty if the kind has no scopes. */
  readonly scopeFields: JsonObject;
  readonly name: string;
  readonly id: string;
  readonly custody: Custody;
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

/**
 * Renders live tokens as a table for each kind. On a terminal it fits the width: rights are cut, IDs are left out.
 */
export function renderListText(rows: readonly ListRow[], now: number, style: Style): string {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const tables = kinds.map((kind) => {
    const table = kindTable(
      rows.filter((row) => row.kind === kind),
      now,
      style,
    );
    return kinds.length > 1 ? `${painter(style).bold(kind)}\n${table}` : table;
  });
  const count = `${rows.length} ${rows.length === 1 ? 'token' : 'tokens'}`;
  return `${tables.join('')}${count}\n`;
}

interface Column {
  readonly header: string;
  cell(row: ListRow): string;
}

/** Renders the columns that have values in the rows of one kind: short values first, lists and the ID last. */
function kindTable(rows: readonly ListRow[], now: number, style: Style): string {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.fields)))];
  const isList = (field: string): boolean => rows.some((row) => Array.isArray(row.fields[field]));
  const isName = (field: string): boolean => rows.every((row) => row.fields[field] === row.name);
  const column = (field: string): Column => ({
    header: headers[field] ?? field.replaceAll('_', ' ').toUpperCase(),
    cell: (row) => (row.absent?.includes(field) ? '' : fieldText(field, row.fields[field] ?? null)),
  });
  const columns: readonly Column[] = [
    ...scopeColumns(rows),
    { header: 'NAME', cell: ({ name }) => printable(name) },
    ...fields.filter((field) => !isList(field) && !isName(field)).map(column),
    ...(rows.some(({ lastUsed }) => lastUsed !== undefined) ? [lastUsedColumn] : []),
    ...(rows.some(({ generation }) => generation) ? [generationColumn(now)] : []),
    { header: 'CUSTODY', cell: ({ custody }) => custodyText(custody) },
    ...fields.filter(isList).map(column),
    { header: 'ID', cell: ({ id }) => printable(id) },
  ];
  return renderTable(
    columns.map(({ header }) => header),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    style,
  );
}

const headers: Readonly<Record<string, string>> = {
  expiry_date: 'EXPIRES',
  expires_at: 'EXPIRES',
  is_active: 'ACTIVE',
};

/** Returns the column of the scopes; none if the kind has no scopes. */
function scopeColumns(rows: readonly ListRow[]): readonly Column[] {
  const levels = new Set(rows.flatMap(({ scopeFields }) => Object.keys(scopeFields)));
  const [level] = levels;
  if (level === undefined) return [];
  if (levels.size > 1) return [{ header: 'SCOPE', cell: ({ scope }) => printable(scope) }];
  return [{ header: level.toUpperCase(), cell: ({ scopeFields }) => printable(String(scopeFields[level])) }];
}

const lastUsedColumn: Column = {
  header: 'LAST USED',
  cell: ({ lastUsed }) => (typeof lastUsed === 'number' ? formatInstant(lastUsed) : 'never'),
};

/** Returns the column for a generation's age and its next event. */
function generationColumn(now: number): Column {
  return {
    header: 'ROTATION',
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
  return formatInstant(seconds).slice(0, 10);
}
