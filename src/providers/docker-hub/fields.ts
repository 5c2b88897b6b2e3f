import type { FieldRules } from '../../core/model/field-rules.ts';
import type { Json } from '../../core/util/json.ts';
import { canonicalExpiry } from '../expiry.ts';
import { mergedPermissions } from '../permission-set.ts';
import { organizationChains, personalChains, reduceScopes } from './scope-hierarchy.ts';

/** The managed fields of a personal token. */
export type PersonalTokenFields = {
  readonly token_label?: string;
  /** `null` for a live token that shows none: it probably has all rights (docs/services/docker-hub.md, Tokens). */
  readonly scopes?: readonly string[] | null;
  readonly is_active?: boolean;
  /** An instant like `2027-06-30T00:00:00Z`, or `never`. */
  readonly expires_at?: string;
};

/** The scopes of an organization token for one resource. */
export type ResourceScopes = {
  readonly type: string;
  readonly path: string;
  readonly scopes: readonly string[];
};

/** The managed fields of an organization token. */
export type OrganizationTokenFields = {
  readonly label?: string;
  readonly description?: string;
  readonly resources?: readonly ResourceScopes[];
  readonly is_active?: boolean;
  readonly expires_at?: string;
};

const active = {
  change: 'patch',
  activeValue: true,
  defaultValue: true,
  patchAfterCreate: true,
  canonical: (value: boolean) => value,
} as const;
const expiry = {
  change: 'replace',
  // The minimum lifetime is undocumented: docs/services/docker-hub.md, Expiry.
  expiry: { precision: 'second' },
  defaultValue: 'never',
  canonical: canonicalExpiry,
} as const;

/** The rules for the fields of a personal token: docs/services/docker-hub.md, Change and delete. */
export const personalTokenRules: FieldRules<PersonalTokenFields> = {
  token_label: { change: 'patch', identity: true, canonical: (label) => label },
  scopes: {
    change: 'replace',
    requiredOnCreate: true,
    canonical: (scopes) => scopes && reduceScopes(scopes, personalChains),
  },
  is_active: active,
  expires_at: expiry,
};

/** The rules for the fields of an organization token: docs/services/docker-hub.md, Change and delete. */
export const organizationTokenRules: FieldRules<OrganizationTokenFields> = {
  label: { change: 'patch', identity: true, canonical: (label) => label },
  description: { change: 'patch', text: true, defaultValue: '', canonical: (text) => text },
  resources: { change: 'patch', requiredOnCreate: true, canonical: canonicalResources },
  is_active: active,
  expires_at: expiry,
};

/** Returns resources as a set: one entry for each type and path, with reduced scopes. */
export function canonicalResources(resources: readonly ResourceScopes[]): Json {
  return mergedPermissions(resources, ['type', 'path'], 'scopes', (scopes) =>
    reduceScopes(scopes, organizationChains),
  );
}
