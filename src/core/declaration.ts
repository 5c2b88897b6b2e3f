import type { FieldRules } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { Fields, Kind, State } from './model.ts';

/** Something to say about one value of an entry; `path` leads to it from the entry. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Where a service lives and what its connection variables are called. */
export interface Service {
  /** As in messages: `IONOS`. */
  readonly name: string;
  readonly apiUrl: string;
  /** The path that is added to an API URL that has none. */
  readonly basePath: string;
  readonly variables: {
    readonly apiUrl: string;
    readonly certificateFingerprint: string;
    readonly username: string;
    readonly password: string;
    readonly token: string;
  };
}

/** How entries of one kind are written in a manifest. Values have passed the schema, defaults merged in. */
export interface Declaration {
  readonly kind: Kind;
  readonly service: Service;
  readonly rules: FieldRules;
  /** Whether no two tokens of a scope can bear one name. */
  readonly uniqueNames: boolean;
  /** What has to be there in each state. */
  readonly required: { readonly [S in State]: readonly string[] };
  /** What means nothing in each state. */
  readonly ignored: { readonly [S in State]: readonly string[] };
  /** The scope, the wanted name and the existing token, each as written. */
  identify(values: JsonObject): { readonly scope: string; readonly name?: string; readonly ref?: string };
  /** The managed fields, not yet canonical. Called only where `check` found no error. */
  fields(values: JsonObject): Fields;
  /** What the schema can't say. `now` is in seconds since 1970. */
  check(values: JsonObject, now: number): readonly Finding[];
}
