/** What goes into the `Authorization` header of each request. */
export interface Authorization {
  /** The header's value. May log in first; throws a `ReconcileError` where that fails. */
  header(signal: AbortSignal): Promise<string>;
  /** Whether there is another value to try after this one was answered with 401. */
  renew(refused: string, signal: AbortSignal): Promise<boolean>;
}
