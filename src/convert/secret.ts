import type { JsonObject } from '../core/util/json.ts';

/**
 * Returns a placeholder sink for the secret of a task that creates a token, and adds a remark on its current
 * destination.
 */
export function secretOf(
  register: string | undefined,
  name: string,
  makes: boolean,
  remarks: string[],
): JsonObject {
  if (!makes) return {};
  if (register === undefined) {
    remarks.push('nothing has taken its secret: add where it goes before the token is made');
    return {};
  }
  remarks.push(`its secret went to the variable ${register}: say where it is to go now`);
  const file = name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'token';
  return { secret: [{ file: { path: `secrets/${file}.json` } }] };
}
