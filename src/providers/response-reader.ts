import { ReconcileError } from '../core/model/errors.ts';
import type { Json, JsonObject } from '../core/util/json.ts';

/**
 * A reader of response fields. A missing or null field is `undefined`, as services leave fields out. A field of another type
 * throws: ignoring it would show a change that isn't one.
 */
export interface ResponseReader {
  text(value: Json | undefined, what: string): string | undefined;
  boolean(value: Json | undefined, what: string): boolean | undefined;
  list(value: Json | undefined, what: string): readonly Json[] | undefined;
  strings(value: Json | undefined, what: string): readonly string[] | undefined;
  /** Returns the error for a response of unexpected shape. */
  unexpectedShape(what: string): ReconcileError;
  /** Returns the error for an incomplete list: missing tokens would be created again. */
  truncatedList(what: string): ReconcileError;
}

/**
 * Returns a function that creates the API's object of a token on access. Few objects of a long list are used, and a text
 * takes a third of the memory.
 * @param body without anything that must not be shown
 */
export function lazyObject(body: JsonObject): () => JsonObject {
  const text = JSON.stringify(body);
  return () => JSON.parse(text) as JsonObject;
}

/** The API's name of each field, and whether null is a valid value. */
export type FieldKeys = Readonly<Record<string, { readonly key: string; readonly nullable?: true }>>;

/** Returns the fields that a response leaves out. */
export function leftOut(body: JsonObject, keys: FieldKeys): readonly string[] {
  return Object.entries(keys).flatMap(([field, { key, nullable }]) => {
    const value = body[key];
    return value === undefined || (value === null && !nullable) ? [field] : [];
  });
}

/** Creates a reader for the responses of one service. */
export function createResponseReader(service: string): ResponseReader {
  const unexpectedShape = (what: string): ReconcileError =>
    new ReconcileError({
      code: 'API_UNAVAILABLE',
      message: `unexpected response from ${service}: expected ${what}`,
      hint: 'check the API URL, and any proxy in between',
    });
  const isMissing = (value: Json | undefined): value is null | undefined =>
    value === undefined || value === null;
  const list = (value: Json | undefined, what: string): readonly Json[] | undefined => {
    if (isMissing(value)) return undefined;
    if (!Array.isArray(value)) throw unexpectedShape(what);
    return value;
  };
  return {
    unexpectedShape,
    truncatedList: (what) =>
      new ReconcileError({
        code: 'API_UNAVAILABLE',
        message: `${service} returned only ${what}`,
        hint: 'run again later; reconcile makes no plan from an incomplete list',
      }),
    list,
    text(value, what) {
      if (isMissing(value)) return undefined;
      if (typeof value !== 'string') throw unexpectedShape(what);
      return value;
    },
    boolean(value, what) {
      if (isMissing(value)) return undefined;
      if (typeof value !== 'boolean') throw unexpectedShape(what);
      return value;
    },
    strings: (value, what) =>
      list(value, what)?.map((item) => {
        if (typeof item !== 'string') throw unexpectedShape(what);
        return item;
      }),
  };
}
