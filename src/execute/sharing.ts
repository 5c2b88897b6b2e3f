/**
 * Work that those who ask for it at about the same time share. What one gets was begun after asking: whoever comes while
 * it is under way gets the next.
 */
export function sharing<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running.then(() => {
      const begun = work();
      running = begun.catch(() => undefined);
      next = undefined;
      return begun;
    });
    return next;
  };
}
