import { isNth, type Nth, type TokenRequest } from './fate.ts';
import { Refusal } from './refusal.ts';

/** Does what was to be done before a request. What the service would refuse is left. */
export function intervene<Entry extends { readonly before: Nth }>(
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
