import type { Fields } from '../../core/model/model.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';

const keys: Readonly<Record<string, string>> = {
  name: 'name',
  scopes: 'scopes',
  expiry_date: 'expiryDate',
  status: 'status',
};

/**
 * The fields as the API writes them. Only what is given is sent: a PATCH with `expiryDate: null` would make the
 * token live for ever (facts §4).
 */
export function encodeProperties(fields: Fields): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [keys[field] ?? field, encode(field, value)]),
  );
}

/** The properties of a new token: one that never expires is made by saying nothing. */
export function encodeNewToken(fields: Fields): JsonObject {
  const { expiry_date: expiry, ...others } = fields;
  return {
    properties: encodeProperties(
      expiry === undefined || expiry === 'never' ? others : { ...others, expiry_date: expiry },
    ),
  };
}

function encode(field: string, value: Json): Json {
  return field === 'expiry_date' && value === 'never' ? null : value;
}
