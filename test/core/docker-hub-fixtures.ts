import type { Desired } from '../../src/core/model/desired.ts';
import { canonicalizeFields } from '../../src/core/model/field-rules.ts';
import type { Fields, Observed, Provenance } from '../../src/core/model/token.ts';
import {
  type OrganizationTokenFields,
  organizationTokenRules,
  type PersonalTokenFields,
  personalTokenRules,
} from '../../src/providers/docker-hub/fields.ts';
import { entryOf, now } from './fixtures.ts';

/** What an organization's token is for, unless a test says otherwise. */
export const pull = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

type More = Partial<Pick<Observed, 'generated' | 'expired'>> & { readonly origin?: Partial<Provenance> };

/** A personal token of the listing, made a day ago. It has every field, as the API shows it. */
export function personalToken(
  id: string,
  label: string,
  fields: PersonalTokenFields = {},
  more: More = {},
): Observed {
  const all = { scopes: ['repo:read'], is_active: true, expires_at: 'never', ...fields, token_label: label };
  return observed(id, label, canonicalizeFields(personalTokenRules, all), more);
}

/** An organization's token as it is read. */
export function orgToken(
  id: string,
  label: string,
  fields: OrganizationTokenFields = {},
  more: More = {},
): Observed {
  const all = { description: '', resources: pull, is_active: true, expires_at: 'never', ...fields, label };
  return observed(id, label, canonicalizeFields(organizationTokenRules, all), more);
}

function observed(id: string, name: string, fields: Fields, { origin, ...more }: More): Observed {
  return {
    id,
    name,
    fields,
    origin: {
      created: now - 86_400,
      createdBy: null,
      userAgent: null,
      modified: false,
      lastUsed: null,
      ...origin,
    },
    object: {},
    ...more,
  };
}

type Given<F> = Partial<Omit<Desired, 'fields' | 'kind'>> & { readonly fields?: F };

/** An entry for a personal token, by its label, its ID, or both. */
export function personalEntry({ fields, ...given }: Given<PersonalTokenFields>): Desired {
  const place = { scope: '', place: 'the account on Docker Hub' };
  const label = given.name === undefined ? {} : { token_label: given.name };
  return entryOf('docker_hub_personal_token', { ...place, ...given }, { ...label, ...fields });
}

/** An entry for a token of the organization `acme`, by its label, its ID, or both. */
export function orgEntry({ fields, ...given }: Given<OrganizationTokenFields>): Desired {
  const place = { scope: 'acme', place: 'acme' };
  const label = given.name === undefined ? {} : { label: given.name };
  return entryOf('docker_hub_org_token', { ...place, ...given }, { ...label, ...fields });
}
