import { ReconcileError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';

/**
 * Reads members of an answer. What is absent or null is `undefined`: services leave things out. Anything of another
 * type throws: taken for nothing, it would show as a change that isn't one.
 */
export interface Reader {
  text(value: Json | undefined, what: string): string | undefined;
  flag(value: Json | undefined, what: string): boolean | undefined;
  list(value: Json | undefined, what: string): readonly Json[] | undefined;
  texts(value: Json | undefined, what: string): readonly string[] | undefined;
  /** An answer of a shape that the API doesn't have. */
  misshapen(what: string): ReconcileError;
  /** A list of which a part is all that there is to be had: what is lacking would be made again. */
  incomplete(what: string): ReconcileError;
}

/**
 * Makes the API's object of a token when it is asked for: of a long list few are, and a text takes a third of the memory.
 *
 * @param body without anything that must not be shown
 */
export function laterObject(body: JsonObject): () => JsonObject {
  const text = JSON.stringify(body);
  return () => JSON.parse(text) as JsonObject;
}

/** What the API calls a field, and whether null is a value of it. */
export type FieldKeys = Readonly<Record<string, { readonly key: string; readonly nullable?: true }>>;

/** Returns the fields that a response leaves out. */
export function leftOut(body: JsonObject, keys: FieldKeys): readonly string[] {
  return Object.entries(keys).flatMap(([field, { key, nullable }]) => {
    const value = body[key];
    return value === undefined || (value === null && !nullable) ? [field] : [];
  });
}

/** A reader of one service's answers. */
export function readerOf(service: string): Reader {
  const misshapen = (what: string): ReconcileError =>
    new ReconcileError({
      code: 'API_UNAVAILABLE',
      message: `${service} answered with something that is not ${what}`,
      hint: 'check the API URL, and any proxy in between',
    });
  const isMissing = (value: Json | undefined): value is null | undefined =>
    value === undefined || value === null;
  const list = (value: Json | undefined, what: string): readonly Json[] | undefined => {
    if (isMissing(value)) return undefined;
    if (!Array.isArray(value)) throw misshapen(what);
    return value;
  };
  return {
    misshapen,
    incomplete: (what) =>
      new ReconcileError({
        code: 'API_UNAVAILABLE',
        message: `${service} gives ${what}, and can't be asked for the rest`,
        hint: 'run again later; nothing is planned on half a list',
      }),
    list,
    text(value, what) {
      if (isMissing(value)) return undefined;
      if (typeof value !== 'string') throw misshapen(what);
      return value;
    },
    flag(value, what) {
      if (isMissing(value)) return undefined;
      if (typeof value !== 'boolean') throw misshapen(what);
      return value;
    },
    texts: (value, what) =>
      list(value, what)?.map((item) => {
        if (typeof item !== 'string') throw misshapen(what);
        return item;
      }),
  };
}
