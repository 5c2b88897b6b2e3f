import type { NthRequest } from '../nth-request.ts';
import { resolveInstant, type SeedInstant } from '../seed-instant.ts';
import type { NewOrgToken, NewPersonalToken } from './state.ts';

const day = 86_400_000;

/** The dates of a token, as a seed has them. */
interface SeedDates {
  readonly expiry?: SeedInstant | null;
  readonly created?: SeedInstant;
  readonly lastUsed?: SeedInstant | null;
}

/** A personal token of a seed: the properties of a new one, with dates that may be relative to the start. */
export type SeedPersonalToken = Omit<NewPersonalToken, keyof SeedDates> & SeedDates;

/** An organization's token of a seed: the properties of a new one, with dates that may be relative to the start. */
export type SeedOrgToken = Omit<NewOrgToken, keyof SeedDates> &
  SeedDates & {
    /** The name of a user. */
    readonly createdBy: string;
  };

/** An action of another user, just before a request of ours arrives. A token is deleted by its label. */
export type HubIntervention = { readonly before: NthRequest } & (
  | {
      readonly kind: 'personal';
      readonly user: string;
      readonly act: { readonly create: SeedPersonalToken } | { readonly delete: string };
    }
  | {
      readonly kind: 'org';
      readonly org: string;
      readonly act: { readonly create: SeedOrgToken } | { readonly delete: string };
    }
);

/**
 * Returns the properties of a seed's personal token with its dates in milliseconds since 1970. One that has expired
 * was created a day before its expiry by default.
 */
export function newPersonal({ expiry, created, lastUsed, ...token }: SeedPersonalToken, now: number) {
  return { ...token, ...dates({ expiry, created, lastUsed }, now) } satisfies NewPersonalToken;
}

/**
 * Returns the properties of a seed's organization token with its dates in milliseconds since 1970, by the rules of
 * `newPersonal`.
 */
export function newOrg({ expiry, created, lastUsed, createdBy: _, ...token }: SeedOrgToken, now: number) {
  return { ...token, ...dates({ expiry, created, lastUsed }, now) } satisfies NewOrgToken;
}

function dates(
  { expiry, created, lastUsed }: { readonly [Name in keyof SeedDates]: SeedDates[Name] | undefined },
  now: number,
) {
  const end = expiry ? resolveInstant(expiry, now) : undefined;
  // An expired token must have been created before its expiry.
  const isOver = end !== undefined && end <= now;
  return {
    ...(end !== undefined && { expiry: end }),
    ...(created ? { created: resolveInstant(created, now) } : isOver && { created: end - day }),
    ...(lastUsed && { lastUsed: resolveInstant(lastUsed, now) }),
  };
}
