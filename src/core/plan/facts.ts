import type { PendingSecret } from '../model/custody-record.ts';
import type { FieldChange } from '../model/plan.ts';
import type { Custody, Observed } from '../model/token.ts';
import type { CustodyAssessment } from './custody.ts';
import type { DecisionInput } from './input.ts';

/** A live token of an entry, with its custody and its differences from the manifest. */
export interface LiveFacts {
  readonly input: DecisionInput;
  readonly token: Observed;
  readonly custody: CustodyAssessment;
  /** The wanted fields that differ. */
  readonly differences: readonly FieldChange[];
}

/** A secret in the spool that is to be delivered, and its token if that is listed already. */
export interface PendingFacts {
  readonly input: DecisionInput;
  readonly pending: PendingSecret;
  readonly token: Observed | undefined;
}

/** Several tokens that an entry matches equally well. */
export interface AmbiguousFacts {
  readonly status: 'ambiguous';
  readonly input: DecisionInput;
  readonly tokens: readonly Observed[];
}

/** The tokens of an entry that is declared absent. */
export interface AbsentFacts {
  readonly status: 'absent';
  readonly input: DecisionInput;
  /** The token to delete, and the custody of its secret; `undefined` if there is none. */
  readonly token: Observed | undefined;
  readonly custody: Custody;
  /** Related tokens, which are deleted as well. */
  readonly others: readonly Observed[];
}
