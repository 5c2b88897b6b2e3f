import { badParameter } from './errors.ts';

/** The parameters of a request's body, by name. */
export type Params = Readonly<Record<string, unknown>>;

/** Returns the parameters of a body, JSON or a form; none for an empty body. Throws a 400 for anything else. */
export async function readParams(request: Request): Promise<Params> {
  const text = await request.text();
  if (text === '') return {};
  if (request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false)
    return formParams(text);
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badParameter('The request body is not an object');
  return body as Params;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter('The request body is not JSON');
  }
}

/** Parses a form. Keys that end with `[]` are lists. */
function formParams(text: string): Params {
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(form.keys())].map((key) =>
      key.endsWith('[]') ? [key.slice(0, -2), form.getAll(key)] : [key, form.get(key)],
    ),
  );
}

/** Throws a 400 that names all the missing parameters. */
export function requireParams(params: Params, ...names: readonly string[]): void {
  const missing = names.filter((name) => !(name in params));
  if (missing.length > 0) throw badParameter(missing.map((name) => `${name} is missing`).join(', '));
}

/** Returns a parameter as a text; null if it is missing. Numbers and booleans count as texts. */
export function textParam(params: Params, name: string): string | null {
  const value = params[name] ?? null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value !== null && typeof value !== 'string') throw badParameter(`${name} is invalid`);
  return value;
}

/** Returns a parameter as a list of texts, which may be one text with commas; empty if it is missing. */
export function listParam(params: Params, name: string): readonly string[] {
  const value = params[name] ?? [];
  if (typeof value === 'string') return value.split(',').filter((item) => item !== '');
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw badParameter(`${name} is invalid`);
  return value as readonly string[];
}

/** Returns a parameter as a whole number; `otherwise` if it is missing. */
export function integerParam(params: Params, name: string, otherwise: number): number {
  const text = textParam(params, name);
  if (text === null) return otherwise;
  if (!/^-?\d+$/.test(text)) throw badParameter(`${name} is invalid`);
  return Number(text);
}

/**
 * Returns a parameter that is a date, with or without a time, in milliseconds since 1970; null if it is missing or
 * empty.
 */
export function dateParam(params: Params, name: string): number | null {
  const text = textParam(params, name);
  if (text === null || text === '') return null;
  const time = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw badParameter(`${name} is invalid`);
  return time;
}
