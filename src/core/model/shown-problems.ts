/** Maximum number of errors, and of warnings, that a run shows. */
const maxShown = 100;

/** Returns the problems that a run shows, and the number of omitted ones. */
export function shownProblems<T>(problems: readonly T[]): {
  readonly shown: readonly T[];
  readonly omitted: number;
} {
  const shown = problems.length > maxShown ? problems.slice(0, maxShown) : problems;
  return { shown, omitted: problems.length - shown.length };
}

/** Returns a note on the number of omitted problems, with advice; `undefined` if there are none. */
export function omittedText(omitted: number, severity: 'error' | 'warning'): string | undefined {
  if (omitted === 0) return undefined;
  const them = omitted === 1 ? 'it' : 'them';
  return `and ${omitted} more ${severity}${omitted === 1 ? '' : 's'}: fix those above, then run again to see ${them}`;
}
