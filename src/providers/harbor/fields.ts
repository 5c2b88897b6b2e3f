import type { FieldRules } from '../../core/model/field-rules.ts';
import { canonicalExpiry } from '../expiry.ts';
import { canonicalAccess, canonicalPermissions, type Permission } from './permissions.ts';

/** The managed fields of a robot account. */
export type RobotFields = {
  readonly name?: string;
  readonly description?: string;
  /** The accesses of a project's robot. */
  readonly access?: readonly string[];
  /** The permissions of a robot of the system. */
  readonly permissions?: readonly Permission[];
  readonly disable?: boolean;
  /** An instant like `2027-06-30T00:00:00Z`, or `never`. */
  readonly expires_at?: string;
};

/** The rules for the fields of a robot account: docs/services/harbor.md, Changes. */
export const robotRules: FieldRules<RobotFields> = {
  name: { change: 'replace', identity: true, canonical: (name) => name },
  description: { change: 'patch', text: true, defaultValue: '', canonical: (text) => text },
  access: { change: 'patch', onlyAt: 'project', requiredOnCreate: true, canonical: canonicalAccess },
  permissions: { change: 'patch', onlyAt: 'level', requiredOnCreate: true, canonical: canonicalPermissions },
  disable: {
    change: 'patch',
    activeValue: false,
    defaultValue: false,
    patchAfterCreate: true,
    canonical: (disable) => disable,
  },
  expires_at: {
    change: 'patch',
    expiry: { precision: 'days_since_creation', revives: true },
    defaultValue: 'never',
    warningIfEmpty: 'expires_at is omitted, so the robot never expires',
    canonical: canonicalExpiry,
  },
};
