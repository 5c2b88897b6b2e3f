import { badParameter } from './errors.ts';

/** The parameters of a body. */
export type Params = Readonly<Record<string, unknown>>;

/** Returns the parameters of a body, which is JSON or a form; none for an empty body. */
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

/** Throws an error that names all the parameters that are missing. */
export function requireParams(params: Params, ...names: readonly string[]): void {
  const missing = names.filter((name) => !(name in params));
  if (missing.length > 0) throw badParameter(missing.map((name) => `${name} is missing`).join(', '));
}

/** Reads a text; null for none. */
export function textParam(params: Params, name: string): string | null {
  const value = params[name] ?? null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value !== null && typeof value !== 'string') throw badParameter(`${name} is invalid`);
  return value;
}

/** Reads a list of texts, which may be separated by commas. */
export function listParam(params: Params, name: string): readonly string[] {
  const value = params[name] ?? [];
  if (typeof value === 'string') return value.split(',').filter((item) => item !== '');
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw badParameter(`${name} is invalid`);
  return value as readonly string[];
}

/** Reads a whole number. */
export function integerParam(params: Params, name: string, otherwise: number): number {
  const text = textParam(params, name);
  if (text === null) return otherwise;
  if (!/^-?\d+$/.test(text)) throw badParameter(`${name} is invalid`);
  return Number(text);
}

/** Reads a date, with or without a time, as milliseconds since 1970; null for none. */
export function dateParam(params: Params, name: string): number | null {
  const text = textParam(params, name);
  if (text === null || text === '') return null;
  const time = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw badParameter(`${name} is invalid`);
  return time;
}
