import { defaultUser, otherUser } from '../callers.ts';
import { stableUuid } from '../ids.ts';
import { createCollection } from '../read-lag.ts';
import type { SeedQuirks } from '../seed-quirks.ts';
import type { HubQuirks } from './quirks.ts';
import {
  type HubIntervention,
  newOrg,
  newPersonal,
  type SeedOrgToken,
  type SeedPersonalToken,
} from './seed-tokens.ts';
import { type HubState, type HubUser, newOrgToken, newPersonalToken, type Organization } from './state.ts';

/** The initial content of Docker Hub, besides the built-in accounts, and its faults. */
export interface HubSeed extends Partial<SeedQuirks<HubQuirks, HubIntervention>> {
  readonly users?: readonly SeedHubUser[];
  readonly organizations?: readonly SeedOrganization[];
}

/** A user of a seed with the personal tokens. Replaces a built-in user of the same name. */
export interface SeedHubUser extends Omit<HubUser, 'collection'> {
  readonly tokens: readonly SeedPersonalToken[];
}

/** An organization of a seed with its tokens. Replaces a built-in one of the same name. */
export interface SeedOrganization extends Omit<Organization, 'collection'> {
  readonly tokens: readonly SeedOrgToken[];
}

const plain = { totp: null, sso: false, tokens: [] };

/**
 * The built-in users: two ordinary ones, one with a second factor, one with single sign-on. The password of each is
 * the name.
 */
export const plainUsers: readonly SeedHubUser[] = [
  { ...plain, name: defaultUser, password: defaultUser },
  { ...plain, name: otherUser, password: otherUser },
  { ...plain, name: 'two-factor', password: 'two-factor', totp: '123456' },
  { ...plain, name: 'single-sign-on', password: 'single-sign-on', sso: true },
];

/**
 * The built-in organization `acme`, owned by the default user. It may have ten tokens and accepts any repository.
 */
export const plainOrganizations: readonly SeedOrganization[] = [
  { name: 'acme', owners: [defaultUser], limit: 10, repositories: null, tokens: [] },
];

/**
 * Returns the state at the start of the emulator. Tokens without an ID get one that depends on owner, position and
 * label only.
 */
export function seedHubState({ users = [], organizations = [] }: HubSeed, now: number): HubState {
  return {
    users: byName(
      [...plainUsers, ...users].map(({ tokens, ...user }) => ({
        ...user,
        collection: createCollection(
          tokens.map((token, index) => {
            const id = stableUuid(`personal ${user.name} ${index} ${token.label}`);
            return newPersonalToken({ id, ...newPersonal(token, now) }, now);
          }),
        ),
      })),
    ),
    organizations: byName(
      [...plainOrganizations, ...organizations].map(({ tokens, ...organization }) => ({
        ...organization,
        collection: createCollection(
          tokens.map((token, index) => {
            const id = stableUuid(`org ${organization.name} ${index} ${token.label}`);
            return newOrgToken({ id, ...newOrg(token, now) }, token.createdBy, now);
          }),
        ),
      })),
    ),
  };
}

/** Indexes by name; the last of a name wins. */
function byName<Named extends { readonly name: string }>(all: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(all.map((one) => [one.name, one]));
}
