const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Parses a duration such as `90d` or `12h` to seconds; `undefined` if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^([1-9]\d{0,4})([smhdw])$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * units[unit as keyof typeof units];
}

/** Formats seconds in the largest unit without a remainder: `30d`, `36h`. */
export function formatDuration(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds % units[unit] === 0) return `${seconds / units[unit]}${unit}`;
  }
  return `${seconds}s`;
}
