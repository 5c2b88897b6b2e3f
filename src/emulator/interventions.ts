import { Refusal } from './api-error.ts';
import { isNth } from './fault.ts';
import type { NthRequest, TokenRequest } from './nth-request.ts';

/** Does what was to be done before a request. What the service would refuse is left. */
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
      if (!(error instanceof Refusal)) throw error;
    }
  }
}
