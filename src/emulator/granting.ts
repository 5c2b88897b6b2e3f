/** Changes that a service may make to requested values, and to the fields that it shows. Times in milliseconds. */
export interface Granting {
  /** Maximum lifetime of a token: a later expiry is brought forward. 0 for no limit. */
  readonly longestLife: number;
  /** Midnight in UTC to which expiries are moved, if any. */
  readonly midnight: 'no' | 'before' | 'after';
  /** True if white space is trimmed at both ends of names. */
  readonly trimNames: boolean;
  /** True if names are converted to lower case. */
  readonly lowerNames: boolean;
  /** Number of characters to which a name is cut. 0 for no limit. */
  readonly cutNames: number;
  /** The expiry as shown for a token that never expires. */
  readonly noExpiry: NoExpiry;
  /** The fields, by the API's names, that no response shows. */
  readonly hidden: readonly string[];
  /** The fields that lists don't show. */
  readonly unlisted: readonly string[];
  /** The fields that the responses to writes don't show. */
  readonly unanswered: readonly string[];
}

/** The values that services show as the expiry of a token that never expires, by name. */
export const noExpiries = {
  null: null,
  empty: '',
  zero: 0,
  epoch: '1970-01-01T00:00:00Z',
  first: '0001-01-01T00:00:00Z',
} as const;

/** The name of a value in `noExpiries`. */
export type NoExpiry = keyof typeof noExpiries;

/** The default: all values are granted as requested and shown in every response. */
export const plainGranting: Granting = {
  longestLife: 0,
  midnight: 'no',
  trimNames: false,
  lowerNames: false,
  cutNames: 0,
  noExpiry: 'null',
  hidden: [],
  unlisted: [],
  unanswered: [],
};

const day = 86_400_000;

/**
 * Returns the expiry that a service grants, in milliseconds since 1970; null for never. Applies the maximum lifetime
 * first, then moves the expiry to a midnight.
 */
export function grantedExpiry(
  asked: number | null,
  { longestLife, midnight }: Granting,
  now: number,
): number | null {
  const latest = longestLife === 0 ? Number.POSITIVE_INFINITY : now + longestLife;
  const capped = Math.min(asked ?? Number.POSITIVE_INFINITY, latest);
  if (capped === Number.POSITIVE_INFINITY) return null;
  if (midnight === 'no') return capped;
  return (midnight === 'before' ? Math.floor(capped / day) : Math.ceil(capped / day)) * day;
}

/**
 * Returns the name that a service grants: trimmed, in lower case and cut, in this order, as far as its quirks say.
 */
export function grantedName(asked: string, { trimNames, lowerNames, cutNames }: Granting): string {
  const trimmed = trimNames ? asked.trim() : asked;
  const cased = lowerNames ? trimmed.toLowerCase() : trimmed;
  return cutNames === 0 ? cased : [...cased].slice(0, cutNames).join('');
}

/** The kind of a response that shows a token: a list, a read by ID, or the response to a write. */
export type Response = 'list' | 'read' | 'write';

/** Returns the fields of a token that a response of this kind shows; see `Granting`. */
export function shownIn<Shown extends object>(
  response: Response,
  token: Shown,
  { hidden, unlisted, unanswered }: Granting,
): Shown {
  const left = [
    ...hidden,
    ...(response === 'list' ? unlisted : []),
    ...(response === 'write' ? unanswered : []),
  ];
  if (left.length === 0) return token;
  return Object.fromEntries(Object.entries(token).filter(([field]) => !left.includes(field))) as Shown;
}
