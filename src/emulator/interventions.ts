import { ApiError } from './api-error.ts';
import { isNth } from './fault.ts';
import type { NthRequest, TokenRequest } from './nth-request.ts';

/**
 * Carries out the interventions that a seed has scheduled before this request. Those that the service would reject
 * are skipped.
 */
export function intervene<Entry extends { readonly before: NthRequest }>(
  interventions: readonly Entry[],
  request: TokenRequest,
  act: (intervention: Entry) => void,
): void {
  for (const intervention of interventions) {
    if (!isNth(intervention.before, request)) continue;
    try {
      act(intervention);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
