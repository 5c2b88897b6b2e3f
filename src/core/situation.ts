import type { TokenRecord } from './custody.ts';
import type { FieldRules } from './fields.ts';
import type { TokenIndex } from './match.ts';
import type { Desired, Scope } from './model.ts';
import type { Standard } from './ours.ts';

/** All that the decision about one token depends on. */
export interface Situation {
  readonly desired: Desired;
  readonly rules: FieldRules;
  /** Whether no two tokens of a scope can bear one name. */
  readonly uniqueNames: boolean;
  readonly scope: Scope;
  /**
   * The live tokens of the scope, without those that are to be retired for this entry's own token, and with
   * those that the listing lacked and that were found by their ID.
   */
  readonly live: TokenIndex;
  /** The live tokens as they were listed. */
  readonly listed: TokenIndex;
  /** What the state directory and the sinks say about a name in this scope. */
  readonly record: (name: string) => TokenRecord;
  readonly standard: Standard;
  /** When the tokens were listed; the server's clock, in seconds since 1970. */
  readonly listedAt: number;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
  /** Our clock, in seconds since 1970. */
  readonly now: number;
  /** Whether the token is to be made anew, whatever it is. */
  readonly remake: boolean;
  /** Whether the old generations of a family go as soon as a new one is handed over. */
  readonly revoke: boolean;
}
