/** Adds items that may be too many for the arguments of a call. */
export function append<T>(to: T[], items: readonly T[]): void {
  for (const item of items) to.push(item);
}
