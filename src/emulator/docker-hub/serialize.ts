import { noExpiries, type Response, shownIn } from '../granting.ts';
import type { HubQuirks } from './quirks.ts';
import type { OrgToken, PersonalToken } from './state.ts';

/**
 * Returns a personal token as the API shows it: docs/services/docker-hub.md, Tokens. `secret` is given only in the
 * response to its create; all other responses mask it.
 */
export function showPersonal(
  response: Response,
  token: PersonalToken,
  quirks: HubQuirks,
  secret?: string,
): Record<string, unknown> {
  const { id, label, active, expiry, created, lastUsed, creatorUa, generatedBy, scopes } = token;
  const shown = {
    uuid: id,
    client_id: 'HUB',
    creator_ip: '192.0.2.1',
    creator_ua: creatorUa,
    created_at: showDate(created),
    last_used: lastUsed === null ? null : showDate(lastUsed),
    ...(generatedBy !== undefined && { generated_by: generatedBy }),
    is_active: active,
    token: secret ?? (quirks.maskedToken === 'empty' ? '' : '***'),
    token_label: label,
    ...(scopes !== undefined && { scopes }),
    expires_at: showExpiry(expiry, quirks),
  };
  return shownIn(response, shown, quirks);
}

/**
 * Returns an organization's token as a list shows it: without description and resources (docs/services/docker-hub.md,
 * Lists).
 */
export function showOrgLine(token: OrgToken, quirks: HubQuirks): Record<string, unknown> {
  return shownIn('list', orgLine(token, quirks), quirks);
}

function orgLine(token: OrgToken, quirks: HubQuirks): Record<string, unknown> {
  const { id, label, active, expiry, created, createdBy, lastUsed } = token;
  return {
    id,
    label,
    created_by: createdBy,
    is_active: active,
    created_at: showDate(created),
    expires_at: showExpiry(expiry, quirks),
    last_used_at: lastUsed === null ? null : showDate(lastUsed),
  };
}

/** Returns an organization's token as a single read, or the response to a PATCH, shows it. */
export function showOrg(
  response: 'read' | 'write',
  token: OrgToken,
  quirks: HubQuirks,
): Record<string, unknown> {
  // The server chooses its own order, so that clients which compare lists by order are found out.
  const resources = [...token.resources]
    .reverse()
    .map(({ type, path, scopes }) => ({ type, path, scopes: [...scopes].reverse() }));
  const shown = {
    ...orgLine(token, quirks),
    ...(quirks.description && { description: token.description }),
    resources,
  };
  return shownIn(response, shown, quirks);
}

/**
 * Returns the response to the create of an organization's token, with its secret. Names the creator only by a quirk.
 */
export function showNewOrg(token: OrgToken, quirks: HubQuirks, secret: string): Record<string, unknown> {
  const { created_by, ...rest } = showOrg('write', token, quirks);
  return { ...rest, ...(quirks.createdBy && { created_by }), token: secret };
}

/** Returns a date with fractions of a second, as the service writes the times of its own actions. */
function showDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}

function showExpiry(milliseconds: number | null, { noExpiry }: HubQuirks): string | number | null {
  if (milliseconds === null) return noExpiries[noExpiry];
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
