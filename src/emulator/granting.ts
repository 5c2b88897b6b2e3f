/** What a service may make of the values that it is asked for, and what it shows of them. Times in milliseconds. */
export interface Granting {
  /** The longest life that a token can have: a later expiry is brought forward. 0 for any. */
  readonly longestLife: number;
  /** Whether expiries are moved to a midnight in UTC, and to which. */
  readonly midnight: 'no' | 'before' | 'after';
  /** Whether names lose the white space at both ends. */
  readonly trimNames: boolean;
  /** Whether names are put in lower case. */
  readonly lowerNames: boolean;
  /** How many characters are left of a name. 0 for all. */
  readonly cutNames: number;
  /** How the expiry of a token reads that never expires. */
  readonly noExpiry: NoExpiry;
  /** The fields, by the API's names, that no response shows. */
  readonly hidden: readonly string[];
  /** The fields that lists don't show. */
  readonly unlisted: readonly string[];
  /** The fields that the responses to writes don't show. */
  readonly unanswered: readonly string[];
}

/** How services write that a token never expires. */
export const noExpiries = {
  null: null,
  empty: '',
  zero: 0,
  epoch: '1970-01-01T00:00:00Z',
  first: '0001-01-01T00:00:00Z',
} as const;

/** One of these ways. */
export type NoExpiry = keyof typeof noExpiries;

/** Everything is granted as it was asked for, and shown. */
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

/** The expiry that a service gives. */
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

/** The name that a service gives. */
export function grantedName(asked: string, { trimNames, lowerNames, cutNames }: Granting): string {
  const trimmed = trimNames ? asked.trim() : asked;
  const cased = lowerNames ? trimmed.toLowerCase() : trimmed;
  return cutNames === 0 ? cased : [...cased].slice(0, cutNames).join('');
}

/** Where a token is shown. */
export type Response = 'list' | 'read' | 'write';

/** A token as one of the responses shows it. */
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
