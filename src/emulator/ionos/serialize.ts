import { defaultUser, userId } from '../callers.ts';
import { noExpiries, type Response, shownIn } from '../granting.ts';
import type { IonosQuirks } from './quirks.ts';
import type { RegistryState, TokenState } from './state.ts';

/**
 * Returns a token as the API shows it: docs/services/ionos.md, Tokens. The password is given only in the response to
 * its create.
 */
export function showToken(
  response: Response,
  token: TokenState,
  quirks: IonosQuirks,
  password = '',
): Record<string, unknown> {
  // The server chooses its own order, so that clients which compare lists by order are found out.
  const scopes = [...token.scopes]
    .reverse()
    .map(({ type, name, actions }) => ({ actions: [...actions].reverse(), name, type }));
  const shownScopes = scopes.length > 0 || quirks.emptyScopes === 'array' ? scopes : null;
  return {
    href: '',
    id: token.id,
    type: 'token',
    metadata: {
      createdBy: token.createdBy,
      createdByUserId: userId(token.createdBy),
      createdDate: showDate(token.created, quirks),
      lastModifiedBy: token.modifiedBy,
      lastModifiedByUserId: token.modifiedBy === null ? null : userId(token.modifiedBy),
      lastModifiedDate: token.modified === null ? null : showDate(token.modified, quirks),
      state: token.status,
    },
    properties: shownIn(
      response,
      {
        credentials: { password, username: token.name },
        expiryDate: token.expiry === null ? noExpiries[quirks.noExpiry] : showDate(token.expiry, quirks),
        name: token.name,
        ...(scopes.length === 0 && quirks.emptyScopes === 'absent' ? {} : { scopes: shownScopes }),
        status: token.status,
      },
      quirks,
    ),
  };
}

/**
 * Returns a registry as the API shows it: docs/services/ionos.md, Registries.
 *
 * @param host the emulator's own host, which a quirk shows as that of the registry
 */
export function showRegistry(
  registry: RegistryState,
  quirks: IonosQuirks,
  host: string,
): Record<string, unknown> {
  return {
    href: '',
    id: registry.id,
    type: 'registry',
    metadata: {
      createdBy: defaultUser,
      createdByUserId: userId(defaultUser),
      createdDate: showDate(registry.created, quirks),
      lastModifiedBy: null,
      lastModifiedByUserId: null,
      lastModifiedDate: null,
      state: registry.state,
    },
    properties: {
      garbageCollectionSchedule: null,
      ...registry.settings,
      hostname: quirks.ownHost ? host : registry.hostname,
      location: registry.location,
      name: registry.name,
    },
  };
}

function showDate(milliseconds: number, { dateStyle }: IonosQuirks): string {
  const text = new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();
  if (dateStyle === 'millis') return text;
  return dateStyle === 'zoneless' ? text.slice(0, 19) : `${text.slice(0, 19)}Z`;
}
