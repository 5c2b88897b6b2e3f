import { BadRequest } from './api-error.ts';

/** Returns the JSON body of a request. Throws a 400 if the body is not JSON. */
export async function jsonBody(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new BadRequest('invalid-json', 'the body is not JSON');
  }
}

/** Returns a body, or a part of one, as a JSON object. Throws a 400 if it is not an object. */
export function checkObject(body: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequest('invalid-body', `${what} must be an object`);
  }
  return body as Readonly<Record<string, unknown>>;
}

/** Throws a 400 that names a field of a body that the API doesn't know. */
export function rejectUnknown(body: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new BadRequest('unknown-field', `unknown field ${unknown}`);
}

/** Parses a whole number of the query; `otherwise` if it is missing. */
export function numberQuery(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d+$/.test(text)) throw new BadRequest('invalid-query', 'expected a whole number');
  return Number(text);
}

/** Parses an instant with a date, a time and a zone to milliseconds since 1970; NaN if it isn't valid. */
export function instantMs(value: unknown): number {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
}
