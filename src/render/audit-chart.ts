import { formatInstant } from '../core/util/instant.ts';

const week = 7 * 86_400;
/** Length of the chart, in weeks. */
const weeks = 52;
/** Heights in pixels. They don't scale with the page, and neither do the labels. */
const [top, base, height] = [10, 120, 142];
/** A month's label is left out if the month begins in the last part of the chart, where its label has no room. */
const lastLabel = 0.92;

/** A date of a token: its expiry, or its rotation. */
export interface TokenDate {
  /** Seconds since 1970. */
  readonly at: number;
  readonly address: string;
  readonly event: 'expires' | 'rotates';
}

/**
 * Draws the number of expiries and rotations of each week of a year. Horizontal positions are percentages, so the chart
 * takes the width of the page at any size.
 */
export function auditChart(dates: readonly TokenDate[], now: number): string {
  const counts = countByWeek(dates, now);
  const max = Math.max(1, ...counts.map(({ expires, rotates }) => expires + rotates));
  const step = tickStep(max);
  const end = Math.ceil(max / step) * step;
  const y = (count: number): number => round(base - (count / end) * (base - top));
  const total = counts.reduce((sum, { expires, rotates }) => sum + expires + rotates, 0);
  const ticks = Array.from({ length: end / step + 1 }, (_, index) => index * step).map(
    (count) =>
      `<line class="grid" x1="0" x2="100%" y1="${y(count)}" y2="${y(count)}"/><text x="-6" y="${y(count) + 4}" text-anchor="end">${count}</text>`,
  );
  return `<svg height="${height}" role="img" aria-label="Expiries and rotations: ${total} within a year, at most ${max} in a week">
${ticks.join('')}
${monthTicks(now).join('')}
${counts.map((count, index) => weekBars(count, index, now, y)).join('')}
<line class="axis" x1="0" x2="100%" y1="${base}" y2="${base}"/>
</svg>`;
}

interface WeekCount {
  readonly expires: number;
  readonly rotates: number;
}

function countByWeek(dates: readonly TokenDate[], now: number): readonly WeekCount[] {
  const counts = Array.from({ length: weeks }, () => ({ expires: 0, rotates: 0 }));
  for (const { at, event } of dates) {
    const count = counts[Math.floor((at - now) / week)];
    if (count) count[event] += 1;
  }
  return counts;
}

/** Returns the distance of the labels of the vertical axis: 1, 2 or 5 times a power of ten, so that there are few. */
function tickStep(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => max / one <= 4);
  return Math.max(1, step ?? power * 10);
}

/** Draws the bars of a week, one above the other. Their tooltip names the week. */
function weekBars(
  { expires, rotates }: WeekCount,
  index: number,
  now: number,
  y: (count: number) => number,
): string {
  if (expires + rotates === 0) return '';
  const bar = (event: TokenDate['event'], from: number, to: number): string =>
    from === to
      ? ''
      : `<rect class="${event}" x="${percent((index + 0.1) / weeks)}" width="${percent(0.8 / weeks)}" y="${y(to)}" height="${round(y(from) - y(to))}"/>`;
  const from = formatInstant(now + index * week).slice(0, 10);
  return `<g><title>week of ${from}: ${expires} expire, ${rotates} rotate</title>${bar('expires', 0, expires)}${bar('rotates', expires, expires + rotates)}</g>`;
}

/** Draws the beginnings of months. A narrow page shows the label of every third. */
function monthTicks(now: number): readonly string[] {
  const start = new Date(now * 1000);
  return Array.from({ length: 12 }, (_, index) => {
    const at = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1 + index, 1) / 1000;
    const place = (at - now) / (weeks * week);
    if (place >= 1) return '';
    const x = percent(place);
    const label =
      place > lastLabel
        ? ''
        : `<text${index % 3 === 0 ? '' : ' class="minor"'} x="${x}" y="${height - 4}">${formatInstant(at).slice(0, 7)}</text>`;
    return `<line class="axis" x1="${x}" x2="${x}" y1="${base}" y2="${base + 5}"/>${label}`;
  });
}

function percent(part: number): string {
  return `${round(part * 100)}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
