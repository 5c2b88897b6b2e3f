export type Range = readonly [from: number, to: number];

export function excerpt(
  text: string,
  lineStart: number,
  offset: number,
  blanks: readonly (readonly Range[])[],
): string {
  const column = offset - lineStart;
  const from = column > 70 ? offset - 30 : lineStart;
  let [shown = ''] = text.slice(from, from + 100).split(/\r?\n/, 1);
  const all = [privateKeysAround(text, from), ...blanks];
  for (const [start, end] of all.flatMap((ranges) => within(ranges, from, from + shown.length))) {
    const left = Math.max(start - from, 0);
    const right = Math.min(end - from, shown.length);
    shown = shown.slice(0, left) + '•'.repeat(right - left) + shown.slice(right);
  }
  return `${shown}\n${' '.repeat(offset - from)}^`;
}

/** Finds the private keys of age near a place. Those that begin long before it have ended. */
function privateKeysAround(text: string, from: number): readonly Range[] {
  const start = Math.max(0, from - 5000);
  return [...text.slice(start, from + 100).matchAll(/AGE-SECRET-KEY-[\w-]*/gi)].map(({ index, 0: key }) => [
    start + index,
    start + index + key.length,
  ]);
}

/** Returns those of the ordered, separate ranges that overlap the part between two places. */
function within(ranges: readonly Range[], start: number, end: number): readonly Range[] {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  const found: Range[] = [];
  for (let at = low; at < ranges.length; at += 1) {
    const range = ranges[at];
    if (!range || range[0] >= end) break;
    found.push(range);
  }
  return found;
}
