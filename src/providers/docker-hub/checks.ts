import type { ManifestFinding } from '../../core/model/token-kind.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';
import type { ExpiryCheck } from '../expiry.ts';
import { redundantScopes, unknownScopes } from './scope-hierarchy.ts';

/** Requires a label, an ID, or both. */
export function checkIdentity(values: JsonObject, label: string, id: string): readonly ManifestFinding[] {
  if (label in values || id in values) return [];
  return [{ severity: 'error', path: [], message: `${label} or ${id} is required` }];
}

/** The rule for expiries of both kinds of tokens. */
export const expiryCheck: ExpiryCheck = {
  field: 'expires_at',
  rule: { precision: 'second' },
  hint: 'a new token needs a later one',
};

/** Returns warnings for scopes that others imply, and for unknown scopes. */
export function checkScopeChains(
  scopes: Json | undefined,
  path: readonly (string | number)[],
  chains: Parameters<typeof redundantScopes>[1],
): readonly ManifestFinding[] {
  if (!Array.isArray(scopes)) return [];
  const texts = scopes.filter((scope) => typeof scope === 'string');
  return [
    ...redundantScopes(texts, chains).map(
      (scope): ManifestFinding => ({
        severity: 'warning',
        path: [...path, texts.indexOf(scope)],
        message: `${scope} is implied by another scope of the token`,
        hint: 'remove it',
      }),
    ),
    ...unknownScopes(texts, chains).map(
      (scope): ManifestFinding => ({
        severity: 'warning',
        path: [...path, texts.indexOf(scope)],
        message: `${JSON.stringify(scope)} is not a known scope; it is sent unchanged`,
      }),
    ),
  ];
}
