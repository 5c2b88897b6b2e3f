/** A source for the `Authorization` header of requests. */
export interface Authorization {
  /** Returns the header's value. May log in first; throws a `ReconcileError` if that fails. */
  header(signal: AbortSignal): Promise<string>;
  /** Tells whether there is another value to try after a 401 for this one. */
  renew(refused: string, signal: AbortSignal): Promise<boolean>;
}
