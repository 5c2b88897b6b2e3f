/** Adds items that may be too many for the arguments of one call. */
export function pushAll<T>(to: T[], items: readonly T[]): void {
  for (const item of items) to.push(item);
}
