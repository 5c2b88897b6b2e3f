import { shown } from '../core/model/secret.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { maskPossibleSecrets } from '../http/possible-secrets.ts';

/** The fields of an API object that may be shown: `true` for a plain value, or the fields of a nested object. */
export interface KnownFields {
  readonly [key: string]: true | KnownFields;
}

/** Field names that could hold a secret. */
const secretName =
  /pass|pwd|secret|token|credential|key|jwt|bearer|^auth|oauth|otp|cookie|session|signature|private/;

const instant = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Returns an API object as it may be shown. A service can put a secret into an undocumented field, so only known fields are
 * shown unchanged. Unknown fields are dropped, at any depth, if their name suggests a secret; in the others, words that
 * could be a secret are masked.
 */
export function shownObject(object: JsonObject, known: KnownFields): JsonObject {
  const members = Object.entries(object).flatMap(([key, value]): [string, Json][] => {
    const fields = Object.hasOwn(known, key) ? known[key] : undefined;
    if (fields === undefined && secretName.test(plainName(key))) return [];
    return [[key, shownValue(value, fields)]];
  });
  return Object.fromEntries(members);
}

function shownValue(value: Json, fields: true | KnownFields | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => shownValue(item, fields));
  if (isObject(value)) return shownObject(value, fields === true || fields === undefined ? {} : fields);
  // A plain value in place of an object could be anything.
  if (typeof fields === 'object' && value !== null) return shown;
  if (typeof value !== 'string' || fields === true || instant.test(value)) return value;
  return maskPossibleSecrets(value, new Set());
}

/** Returns a name without case and separators: `access_token`, `accessToken` and `ACCESS-TOKEN` become equal. */
function plainName(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
