import { painter, type Style } from './style.ts';
import { padCells, textWidth } from './text-width.ts';

const gap = '  ';

/** A column of a table. */
export interface Column<Row> {
  readonly header: string;
  /** The importance: in a table that is too wide, columns of a higher one come first. The default is the highest. */
  readonly rank?: number;
  cell(row: Row): string;
}

/**
 * Renders a table with a header, and an empty line under it; nothing if it has no rows. If its width is limited, the
 * columns that don't fit are left out. Cells are never cut.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
  isWide = false,
): string {
  if (rows.length === 0) return '';
  const all = columns.map((column) => measured(column, rows));
  const isLimited = (style.terminal || style.bounded === true) && !isWide;
  const shown = isLimited ? fitted(all, style.width) : all;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => padCells(cell, shown[index]?.width ?? 0))
      .join(gap)
      .trimEnd();
  const header = line(shown.map((column) => column.header));
  const lines = rows.map((_, row) => line(shown.map(({ cells }) => cells[row] ?? '')));
  return [painter(style).bold(header), ...lines, '', ''].join('\n');
}

interface MeasuredColumn {
  readonly header: string;
  readonly rank: number;
  readonly cells: readonly string[];
  readonly width: number;
}

function measured<Row>(
  { header, rank = Number.POSITIVE_INFINITY, cell }: Column<Row>,
  rows: readonly Row[],
): MeasuredColumn {
  const cells = rows.map((row) => cell(row));
  const width = cells.reduce((most, text) => Math.max(most, textWidth(text)), textWidth(header));
  return { header, rank, cells, width };
}

/** Returns the columns that fit, the most important first considered; at least those of the highest importance. */
function fitted(columns: readonly MeasuredColumn[], width: number): readonly MeasuredColumn[] {
  const kept = new Set(columns.filter(({ rank }) => rank === Number.POSITIVE_INFINITY));
  let total = [...kept].reduce((sum, column) => sum + column.width, gap.length * (kept.size - 1));
  for (const column of columns.toSorted((a, b) => b.rank - a.rank)) {
    const more = column.width + gap.length;
    if (kept.has(column) || total + more > width) continue;
    kept.add(column);
    total += more;
  }
  return columns.filter((column) => kept.has(column));
}
