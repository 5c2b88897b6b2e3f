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

/** A user of a seed. */
export interface SeedHubUser extends Omit<HubUser, 'collection'> {
  readonly tokens: readonly SeedPersonalToken[];
}

/** An organization of a seed. */
export interface SeedOrganization extends Omit<Organization, 'collection'> {
  readonly tokens: readonly SeedOrgToken[];
}

const plain = { totp: null, sso: false, tokens: [] };

/** The built-in users; a seed may extend them. The password of each is their name. */
export const plainUsers: readonly SeedHubUser[] = [
  { ...plain, name: defaultUser, password: defaultUser },
  { ...plain, name: otherUser, password: otherUser },
  { ...plain, name: 'two-factor', password: 'two-factor', totp: '123456' },
  { ...plain, name: 'single-sign-on', password: 'single-sign-on', sso: true },
];

/** The built-in organization. */
export const plainOrganizations: readonly SeedOrganization[] = [
  { name: 'acme', owners: [defaultUser], limit: 10, repositories: null, tokens: [] },
];

/** Returns the state that a seed describes. */
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
