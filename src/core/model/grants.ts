import type { Json } from '../util/json.ts';

/** A value that was asked for, and the one that the service gave instead; `null` if it doesn't show the field. */
export interface Grant {
  readonly asked: Json;
  readonly granted: Json;
  /** When the token was created, in seconds since 1970, if that isn't on record elsewhere: another run created it. */
  readonly created?: number;
}

/** What was granted for what was asked, by field. */
export type Grants = Readonly<Record<string, Grant>>;
