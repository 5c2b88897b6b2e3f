/** Any JSON value, readonly. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object, readonly. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maximum number of lists and objects within each other in a text. */
const maxNesting = 1000;

/** Returns the JSON value of a text; `undefined` if it is none, or nested more deeply than anything that is read here. */
export function parseJson(text: string): Json | undefined {
  if (isNestedTooDeeply(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Tells whether a text nests too deeply, without parsing it: each bracket would take fifty times its memory. */
export function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') at = endOfText(text, at);
    else if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth -= 1;
    if (depth > maxNesting) return true;
  }
  return false;
}

/** Returns where a text in quotes ends; the last character if it doesn't. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length - 1;
}

/** Whether there are more than so many values within each other. */
export function exceedsDepth(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (exceedsDepth(member, levels - 1)) return true;
  }
  return false;
}

/** The one text of a JSON value: keys sorted, no white space. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort(compareCodeUnits)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** A key as the Ansible modules spell it: `expiryDate` is `expiry_date`. */
export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Orders texts by code unit, the same on every machine whatever its language. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
