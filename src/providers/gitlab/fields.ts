import type { FieldRules } from '../../core/model/field-rules.ts';
import { canonicalExpiry } from '../expiry.ts';
import { textSet } from '../permission-set.ts';

/** The managed fields of a deploy token. */
export type DeployTokenFields = {
  readonly name?: string;
  readonly username?: string;
  readonly scopes?: readonly string[];
  /** An instant like `2027-06-30T00:00:00Z`, or `never`. */
  readonly expires_at?: string;
};

/** The managed fields of an access token. */
export type AccessTokenFields = {
  readonly name?: string;
  readonly description?: string;
  readonly scopes?: readonly string[];
  /** A role, or the number of an unknown one. */
  readonly access_level?: string;
  /** Midnight UTC, like `2027-06-30T00:00:00Z`, or `never`. */
  readonly expires_at?: string;
};

const scopes = { change: 'replace', requiredOnCreate: true, canonical: textSet } as const;

/** The rules for the fields of a deploy token: docs/services/gitlab.md, Deploy tokens. */
export const deployTokenRules: FieldRules<DeployTokenFields> = {
  name: { change: 'replace', identity: true, canonical: (name) => name },
  username: {
    change: 'replace',
    defaultOf: (id) => `gitlab+deploy-token-${id}`,
    canonical: (username) => username,
  },
  scopes,
  expires_at: {
    change: 'replace',
    expiry: { precision: 'second' },
    defaultValue: 'never',
    warningIfEmpty: 'expires_at is omitted, so the token never expires',
    canonical: canonicalDeployTokenExpiry,
  },
};

/** The rules for the fields of an access token: docs/services/gitlab.md, Access tokens. */
export const accessTokenRules: FieldRules<AccessTokenFields> = {
  name: { change: 'replace', identity: true, canonical: (name) => name },
  description: { change: 'replace', text: true, defaultValue: '', canonical: (text) => text },
  scopes,
  access_level: {
    change: 'replace',
    defaultValue: 'maintainer',
    warningIfEmpty: 'access_level is omitted, so the token gets the role maintainer',
    canonical: (role) => role,
  },
  // No default: it depends on the version and the settings of the installation.
  expires_at: {
    change: 'replace',
    expiry: { precision: 'day' },
    warningIfEmpty: 'expires_at is omitted, so GitLab decides when the token expires',
    canonical: canonicalExpiry,
  },
};

/** Returns an expiry in canonical form. From the year 3000 on, GitLab stores none: docs/services/gitlab.md, Expiry. */
function canonicalDeployTokenExpiry(text: string): string {
  const expiry = canonicalExpiry(text);
  return expiry >= '3000' && /^\d{4}-/.test(expiry) ? 'never' : expiry;
}
