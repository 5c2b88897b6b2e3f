/** Any JSON value, readonly. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object, readonly. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Tells whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the texts of a list; none if the value is not a list. */
export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Maximum nesting of lists and objects in a text. */
const maxNesting = 1000;

/** Parses a text as JSON; `undefined` if it is not valid, or nested more than `levels` deep. */
export function parseJson(text: string, levels: number = maxNesting): Json | undefined {
  if (isNestedTooDeeply(text, levels)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Tells whether a text nests more than `levels` deep, without parsing it: each bracket would take fifty times its memory.
 */
export function isNestedTooDeeply(text: string, levels: number = maxNesting): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === codes.quote) {
      at = endOfText(text, at);
    } else if (sign === codes.list || sign === codes.object) {
      depth += 1;
      if (depth > levels) return true;
    } else if (sign === codes.listEnd || sign === codes.objectEnd) {
      depth -= 1;
    }
  }
  return false;
}

/** The code units of the signs of JSON. */
const codes = { quote: 34, escape: 92, list: 91, listEnd: 93, object: 123, objectEnd: 125 } as const;

/** Returns the index where a quoted text ends; the last character if it is not terminated. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === codes.escape) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length - 1;
}

/** Tells whether a value is nested more than `levels` deep. */
export function exceedsDepth(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (exceedsDepth(member, levels - 1)) return true;
  }
  return false;
}

/** Returns the canonical text of a JSON value: keys sorted, no white space. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let members = '';
  // Without a comparison, texts are sorted by code unit.
  for (const key of Object.keys(value).sort()) {
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`;
  }
  return `{${members}}`;
}

/** Converts a key to the spelling of the Ansible modules: `expiryDate` to `expiry_date`. */
export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Orders texts by code unit, so that the order doesn't depend on the locale. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
