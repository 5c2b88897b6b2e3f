import type { FieldRules } from '../../core/model/field-rules.ts';
import { canonicalExpiry } from '../expiry.ts';
import { mergedPermissions, textSet } from '../permission-set.ts';

/** The allowed actions on a resource. */
export type TokenScope = {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
};

/** The managed fields of a registry token. */
export type RegistryTokenFields = {
  readonly name?: string;
  readonly scopes?: readonly TokenScope[];
  /** An instant like `2027-06-30T00:00:00Z`, or `never`. */
  readonly expiry_date?: string;
  readonly status?: string;
};

/** The rules for the fields of a registry token: docs/services/ionos.md, Change. */
export const registryTokenRules: FieldRules<RegistryTokenFields> = {
  name: { change: 'replace', identity: true, canonical: (name) => name },
  scopes: {
    change: 'patch',
    patchMayBeIgnored: true,
    defaultValue: [],
    warningIfEmpty: 'a token without scopes has no permissions',
    canonical: canonicalScopes,
  },
  expiry_date: {
    wireName: 'expiryDate',
    change: 'patch',
    // docs/services/ionos.md, Expiry: at least an hour ahead.
    expiry: { precision: 'second', minSeconds: 3600 },
    defaultValue: 'never',
    canonical: canonicalExpiry,
  },
  status: {
    change: 'patch',
    activeValue: 'enabled',
    defaultValue: 'enabled',
    canonical: (status) => status.toLowerCase(),
  },
};

/** Returns scopes as a set: one entry for each type and name, with sorted and unique actions. */
function canonicalScopes(scopes: readonly TokenScope[]): readonly TokenScope[] {
  return mergedPermissions(scopes, ['type', 'name'], 'actions', textSet);
}
