import { defaultUser, otherUser } from '../callers.ts';
import type { FaultyRequest } from '../fault.ts';
import { stableUuid } from '../ids.ts';
import type { LimitedRequest } from '../rate-limit.ts';
import { shelfOf } from '../read-lag.ts';
import type { HubQuirks } from './quirks.ts';
import {
  type HubIntervention,
  newOrg,
  newPersonal,
  type SeedOrgToken,
  type SeedPersonalToken,
} from './seed-tokens.ts';
import { type HubState, type HubUser, newOrgToken, newPersonalToken, type Organization } from './state.ts';

/** What Docker Hub holds at the start, beside the accounts that are always there, and what goes wrong. */
export interface HubSeed {
  readonly users?: readonly SeedUser[];
  readonly organizations?: readonly SeedOrganization[];
  readonly quirks?: Partial<HubQuirks>;
  /** The requests to tokens whose answers don't arrive, or not whole. */
  readonly lost?: readonly FaultyRequest[];
  /** The requests that come too soon. */
  readonly limited?: readonly LimitedRequest[];
  /** What somebody else does between our requests. */
  readonly secondActor?: readonly HubIntervention[];
}

/** A user of a seed. */
export interface SeedUser extends Omit<HubUser, 'shelf'> {
  readonly tokens: readonly SeedPersonalToken[];
}

/** An organization of a seed. */
export interface SeedOrganization extends Omit<Organization, 'shelf'> {
  readonly tokens: readonly SeedOrgToken[];
}

const plain = { totp: null, sso: false, tokens: [] };

/** The users that are there in any case; a seed may say more of them. The password of each is their name. */
export const plainUsers: readonly SeedUser[] = [
  { ...plain, name: defaultUser, password: defaultUser },
  { ...plain, name: otherUser, password: otherUser },
  { ...plain, name: 'two-factor', password: 'two-factor', totp: '123456' },
  { ...plain, name: 'single-sign-on', password: 'single-sign-on', sso: true },
];

/** The organization that is there in any case. */
export const plainOrganizations: readonly SeedOrganization[] = [
  { name: 'acme', owners: [defaultUser], limit: 10, repositories: null, tokens: [] },
];

/** The state that a seed describes. */
export function seedHubState({ users = [], organizations = [] }: HubSeed, now: number): HubState {
  return {
    users: byName(
      [...plainUsers, ...users].map(({ tokens, ...user }) => ({
        ...user,
        shelf: shelfOf(
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
        shelf: shelfOf(
          tokens.map((token, index) => {
            const id = stableUuid(`org ${organization.name} ${index} ${token.label}`);
            return newOrgToken({ id, ...newOrg(token, now) }, token.createdBy, now);
          }),
        ),
      })),
    ),
  };
}

/** The last of a name counts. */
function byName<Named extends { readonly name: string }>(all: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(all.map((one) => [one.name, one]));
}
