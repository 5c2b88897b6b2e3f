import type { Fields } from '../../core/model/token.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';

const keys: Readonly<Record<string, string>> = {
  name: 'name',
  scopes: 'scopes',
  expiry_date: 'expiryDate',
  status: 'status',
};

/** Encodes fields for the API. Only given fields are sent: a PATCH with `expiryDate: null` would remove the expiry. */
export function encodeProperties(fields: Fields): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [keys[field] ?? field, encode(field, value)]),
  );
}

/** Returns the properties of a new token. Leaves out the expiry of a token that never expires. */
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
