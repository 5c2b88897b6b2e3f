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
    remarks.push('no task stores its secret: add `secret` before the token is created');
    return {};
  }
  remarks.push(`its secret went to the variable ${register}: change the sink below if needed`);
  const file = name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'token';
  return { secret: [{ file: { path: `secrets/${file}.json` } }] };
}
