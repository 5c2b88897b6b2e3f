import { ApiError } from '../api-error.ts';
import type {
  HubState,
  HubToken,
  HubUser,
  NewOrgToken,
  NewPersonalToken,
  Organization,
  OrgToken,
  PersonalToken,
} from './state.ts';
import type { HubStore, OrgPatch, PersonalPatch } from './store.ts';

/** Actions beside the API, by the same rules. Throws if the API would refuse the action. */
export interface HubActor {
  readonly personal: {
    createAs(user: string, properties: NewPersonalToken): PersonalToken;
    patchAs(user: string, uuid: string, patch: PersonalPatch): PersonalToken;
    deleteAs(user: string, uuid: string): void;
  };
  readonly org: {
    createAs(user: string, org: string, properties: NewOrgToken): OrgToken;
    patchAs(user: string, org: string, id: string, patch: OrgPatch): OrgToken;
    deleteAs(user: string, org: string, id: string): void;
  };
  /** Returns the actual personal tokens of a user, whatever reads show. */
  personalTokens(user: string): readonly PersonalToken[];
  /** Returns the actual tokens of an organization, whatever reads show. */
  orgTokens(org: string): readonly OrgToken[];
  /** Records that a token of either kind is used now. */
  used(id: string): void;
}

/** Creates an actor for tests, whose actions take effect at once. An unknown user or organization is a 404. */
export function hubActor({ users, organizations }: HubState, store: HubStore, now: () => number): HubActor {
  const userOf = (name: string): HubUser => {
    const user = users.get(name);
    if (!user) throw new ApiError(404, 'user-not-found', `no such user: ${name}`);
    return user;
  };
  const orgOf = (name: string): Organization => {
    const organization = organizations.get(name);
    if (!organization) throw new ApiError(404, 'organization-not-found', `no such organization: ${name}`);
    return organization;
  };

  return {
    personal: {
      createAs: (user, properties) => store.personal.create(userOf(user), properties, user),
      patchAs: (user, uuid, patch) => store.personal.patch(userOf(user), uuid, patch),
      deleteAs: (user, uuid) => store.personal.delete(userOf(user).collection, uuid),
    },
    org: {
      createAs: (user, org, properties) => store.org.create(orgOf(org), properties, user),
      patchAs: (_, org, id, patch) => store.org.patch(orgOf(org), id, patch),
      deleteAs: (_, org, id) => store.org.delete(orgOf(org).collection, id),
    },
    personalTokens: (user) => store.personal.live(userOf(user).collection),
    orgTokens: (org) => store.org.live(orgOf(org).collection),
    used: (id) => {
      const collections = [...users.values(), ...organizations.values()].map(
        ({ collection }) => collection.tokens,
      );
      const token = collections.map((tokens): HubToken | undefined => tokens.get(id)).find((found) => found);
      if (!token) throw new ApiError(404, 'token-not-found', `no such token: ${id}`);
      token.lastUsed = now();
    },
  };
}
