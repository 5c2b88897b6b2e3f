import { shown } from '../core/model/secret.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { maskPossibleSecrets } from '../http/possible-secrets.ts';

/** The fields of an API's object that may be shown: `true` for a plain value, or the fields of what is in it. */
export interface KnownFields {
  readonly [key: string]: true | KnownFields;
}

/** Names that a field with a secret could have. */
const secretName =
  /pass|pwd|secret|token|credential|key|jwt|bearer|^auth|oauth|otp|cookie|session|signature|private/;

const instant = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Returns an API's object as it may be shown. A service can put a secret into a field that its documents don't name, so
 * known fields stay as they are. Of others those are dropped whose name could be that of a secret, at any depth, and
 * words that could be a secret are masked.
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
  // A plain value where the API has an object could be anything.
  if (typeof fields === 'object' && value !== null) return shown;
  if (typeof value !== 'string' || fields === true || instant.test(value)) return value;
  return maskPossibleSecrets(value, new Set());
}

/** A name however it is spelled: `access_token`, `accessToken` and `ACCESS-TOKEN` are one. */
function plainName(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
