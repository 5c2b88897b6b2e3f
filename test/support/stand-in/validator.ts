import type { ValidateFunction } from 'ajv/dist/2020.js';

/** A validator of manifests, which has the errors of its last call. */
export type ManifestValidator = Pick<ValidateFunction, 'errors'> & ((value: unknown) => boolean);

/** Returns a validator that accepts entries of the stand-in kind, which the schema doesn't know. */
export function acceptingStandIn(validate: ManifestValidator): ManifestValidator {
  const accepting: ManifestValidator = (value: unknown) => {
    const isValid = validate(withoutStandIn(value));
    accepting.errors = validate.errors ?? null;
    return isValid;
  };
  return accepting;
}

function withoutStandIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { tokens, ...others } = value as { readonly tokens?: unknown };
  if (!Array.isArray(tokens)) return value;
  const known = tokens.filter(({ kind }: { readonly kind?: unknown }) => kind !== 'stand_in_token');
  return known.length === 0 ? others : { ...others, tokens: known };
}
