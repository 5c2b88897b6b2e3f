import { ApiError, BadRequest } from '../api-error.ts';
import { type Granting, grantedExpiry, grantedName } from '../granting.ts';
import type { TokenCollection } from '../read-lag.ts';
import type { Lags } from '../timing.ts';
import { createTokenStore, type TokenStore } from '../token-store.ts';
import {
  type HubToken,
  type HubUser,
  isExpiredHubToken,
  type NewOrgToken,
  type NewPersonalToken,
  newOrgToken,
  newPersonalToken,
  type Organization,
  type OrgResource,
  type OrgToken,
  type PersonalToken,
} from './state.ts';

/** The mutable fields of a personal token. */
export interface PersonalPatch {
  readonly label?: string;
  readonly active?: boolean;
}

/** The mutable fields of an organization's token. */
export interface OrgPatch extends PersonalPatch {
  readonly description?: string;
  /** The whole list. */
  readonly resources?: readonly OrgResource[];
}

/** Operations on the tokens of one kind. Throws an `ApiError` if the service rejects one. */
interface Store<Owner, Token, New, Patch>
  extends Pick<TokenStore<Token>, 'delete' | 'live' | 'list' | 'read' | 'shown'> {
  create(owner: Owner, properties: New, user: string): Token;
  patch(owner: Owner, id: string, patch: Patch): Token;
}

/** Operations on tokens of both kinds, for any caller. Throws an `ApiError` if the service rejects one. */
export interface HubStore {
  readonly personal: Store<HubUser, PersonalToken, NewPersonalToken, PersonalPatch>;
  readonly org: Store<Organization, OrgToken, NewOrgToken, OrgPatch>;
}

/** Creates the store of all tokens. Applies the limit of an organization, the granted values and the lags. */
export function createHubStore(quirks: Lags & Granting, now: () => number): HubStore {
  const personal = createTokenStore<PersonalToken>(quirks, now);
  const org = createTokenStore<OrgToken>(quirks, now);
  const granted = <New extends Granted>(asked: New): New => ({
    ...asked,
    label: grantedName(asked.label, quirks),
    expiry: grantedExpiry(asked.expiry ?? null, quirks, now()),
  });
  const grantedPatch = <Patch extends PersonalPatch>(asked: Patch): Patch => ({
    ...asked,
    ...(asked.label !== undefined && { label: grantedName(asked.label, quirks) }),
  });

  return {
    personal: {
      ...personal,
      create: ({ collection }, properties) =>
        added(personal, collection, newPersonalToken(granted(properties), now())),
      patch: ({ collection }, id, patch) => changed(personal, collection, id, grantedPatch(patch), now),
    },
    org: {
      ...org,
      create: ({ name, collection, limit }, properties, user) => {
        if (collection.tokens.size >= limit) {
          throw new ApiError(
            403,
            'limit-reached',
            `${name} already has the maximum of ${limit} access tokens`,
          );
        }
        return added(org, collection, newOrgToken(granted(properties), user, now()));
      },
      patch: ({ collection }, id, patch) => changed(org, collection, id, grantedPatch(patch), now),
    },
  };
}

/** The values of a new token that a service may change. */
type Granted = { readonly label: string; readonly expiry?: number | null };

function added<Token extends HubToken>(
  store: TokenStore<Token>,
  collection: TokenCollection<Token>,
  token: Token,
): Token {
  store.add(collection, token, token.active ? undefined : { ...token, active: true });
  return token;
}

function changed<Token extends HubToken>(
  store: TokenStore<Token>,
  collection: TokenCollection<Token>,
  id: string,
  patch: Partial<Token>,
  now: () => number,
): Token {
  return store.change(collection, id, (token) => {
    if (isExpiredHubToken(token, now()))
      throw new BadRequest('expired', 'an expired token can only be deleted');
    Object.assign(token, patch);
  });
}
