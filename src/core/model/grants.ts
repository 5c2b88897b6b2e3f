import type { Json } from '../util/json.ts';

/** A requested value, and the value that the service granted instead; `null` if it doesn't show the field. */
export interface Grant {
  readonly asked: Json;
  readonly granted: Json;
  /** The creation time of the token, in seconds since 1970, if another run created it and it isn't recorded elsewhere. */
  readonly created?: number;
}

/** The grants of a token, by field. */
export type Grants = Readonly<Record<string, Grant>>;
