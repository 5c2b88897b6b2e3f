import type { Quirks } from './quirks.ts';
import type { RegistryState, TokenState } from './state.ts';

const user = { id: '5f0c3a52-8f0e-4a5b-9d53-6b0e4f1f6a01', name: 'emulator' };

/** A token as the API shows it; the password only where one was just made. */
export function showToken(token: TokenState, quirks: Quirks, password = ''): Record<string, unknown> {
  // The order is the server's own: a client that compares lists finds out.
  const scopes = [...token.scopes]
    .reverse()
    .map(({ type, name, actions }) => ({ actions: [...actions].reverse(), name, type }));
  const shownScopes = scopes.length > 0 || quirks.emptyScopes === 'array' ? scopes : null;
  return {
    href: '',
    id: token.id,
    type: 'token',
    metadata: {
      createdBy: user.name,
      createdByUserId: user.id,
      createdDate: showDate(token.created, quirks),
      lastModifiedBy: token.modified === null ? null : user.name,
      lastModifiedByUserId: token.modified === null ? null : user.id,
      lastModifiedDate: token.modified === null ? null : showDate(token.modified, quirks),
      state: token.status,
    },
    properties: {
      credentials: { password, username: token.name },
      expiryDate: token.expiry === null ? null : showDate(token.expiry, quirks),
      name: token.name,
      ...(scopes.length === 0 && quirks.emptyScopes === 'absent' ? {} : { scopes: shownScopes }),
      status: token.status,
    },
  };
}

/** A registry as the API shows it. */
export function showRegistry(registry: RegistryState, quirks: Quirks): Record<string, unknown> {
  return {
    href: '',
    id: registry.id,
    type: 'registry',
    metadata: {
      createdBy: user.name,
      createdByUserId: user.id,
      createdDate: showDate(registry.created, quirks),
      lastModifiedBy: null,
      lastModifiedByUserId: null,
      lastModifiedDate: null,
      state: registry.state,
    },
    properties: {
      garbageCollectionSchedule: null,
      ...registry.settings,
      hostname: registry.hostname,
      location: registry.location,
      name: registry.name,
    },
  };
}

function showDate(milliseconds: number, { dateStyle }: Quirks): string {
  const text = new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();
  if (dateStyle === 'millis') return text;
  return dateStyle === 'zoneless' ? text.slice(0, 19) : `${text.slice(0, 19)}Z`;
}
