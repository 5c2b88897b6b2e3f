import type { ExpiryRule } from '../../../../src/core/model/expiry.ts';
import type { FieldRules } from '../../../../src/core/model/field-rules.ts';
import { canonicalExpiry } from '../../../../src/providers/expiry.ts';
import { permissionSet } from '../../../../src/providers/permission-set.ts';

/** One right of a token. */
export type Permission = {
  readonly scope: string;
  readonly resource: string;
  readonly action: string;
};

/** The managed fields of a token. */
export type StandInFields = {
  readonly name?: string;
  readonly description?: string;
  readonly permissions?: readonly Permission[];
  /** An instant, or `never`. */
  readonly expires_at?: string;
  readonly disabled?: boolean;
};

/** What differs between installations of the service. */
export interface StandInVariant {
  /** The maximum lifetime in days. */
  readonly maxDays?: number;
  /** True if a token must expire. */
  readonly mustExpire?: true;
  /** True if a create leaves its mark at the end of the description. */
  readonly marksDescription?: true;
}

const daySeconds = 86_400;

/** Returns the rules of the fields. */
export function rulesOf({ maxDays, mustExpire }: StandInVariant): FieldRules<StandInFields> {
  const expiry: ExpiryRule = {
    precision: 'days_since_creation',
    ...(maxDays !== undefined && { maxSeconds: maxDays * daySeconds }),
    ...(mustExpire && { required: true }),
  };
  return {
    name: { change: 'replace', identity: true, canonical: (name) => name },
    description: { change: 'patch', text: true, defaultValue: '', canonical: (text) => text.trim() },
    permissions: { change: 'patch', defaultValue: [], canonical: canonicalPermissions },
    expires_at: {
      change: 'patch',
      expiry,
      ...(mustExpire ? { requiredOnCreate: true } : { defaultValue: 'never' }),
      canonical: canonicalExpiry,
    },
    disabled: { change: 'patch', activeValue: false, defaultValue: false, canonical: (disabled) => disabled },
  };
}

/** Returns permissions as a set. */
export function canonicalPermissions(permissions: readonly Permission[]): readonly Permission[] {
  return permissionSet(permissions, ['scope', 'resource', 'action']);
}
