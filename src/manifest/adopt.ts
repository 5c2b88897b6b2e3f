import equal from 'fast-deep-equal';
import {
  expiryOf,
  type FieldRules,
  hasField,
  managedFields,
  nameFieldOf,
} from '../core/model/field-rules.ts';
import { addressOf, type Custody, type Fields, type Kind } from '../core/model/token.ts';
import { levelOf, scopeFields, type TokenKind } from '../core/model/token-kind.ts';
import { parseInstant } from '../core/util/instant.ts';
import { compareCodeUnits, isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { escapeReferences } from './references.ts';
import { checkSchema } from './schema.ts';

/** A live token to declare. */
export interface LiveToken {
  readonly kind: Kind;
  /** The scope as a manifest names it; empty if the kind has no scopes. */
  readonly scope: string;
  /** The field of the scope's level, if the scope doesn't tell it. */
  readonly level?: string;
  readonly id: string;
  readonly name: string;
  readonly custody: Custody;
  /** Canonical. */
  readonly fields: Fields;
  /** Set if the service created it for itself. */
  readonly generated?: true;
  readonly expired?: true;
  /** Set if another token has replaced it, and it will be deleted. */
  readonly retired?: true;
  /** The address of its family, if it is a generation. */
  readonly generation?: { readonly address: string };
}

/** Options of adoption. */
export interface AdoptOptions {
  readonly declarations: readonly TokenKind[];
  /** Seconds since 1970. */
  readonly now: number;
  /** Blanks out secrets. A value that it changes can't be declared. */
  readonly mask: (text: string) => string;
}

/** A manifest that declares live tokens as they are. */
export interface AdoptedManifest {
  /** By kind, the values that all its tokens share. */
  readonly defaults: Readonly<Record<string, JsonObject>>;
  /** Sorted by address. */
  readonly entries: readonly AdoptedEntry[];
}

/** An entry of such a manifest. */
export interface AdoptedEntry {
  readonly address: string;
  /** The values beside the defaults; complete for an excluded entry. */
  readonly values: JsonObject;
  /** True if it must not be declared, as it would plan changes or be invalid. */
  readonly excluded: boolean;
  /** The values that are not managed, and the reasons. */
  readonly warnings: readonly string[];
  /** Further notes for the reader. */
  readonly notes: readonly string[];
  /** The fields that the service doesn't show, so that they aren't managed either. */
  readonly hidden: readonly string[];
}

/** Declares live tokens so that they plan no changes. Others are excluded, with the reason. */
export function adopt(tokens: readonly LiveToken[], options: AdoptOptions): AdoptedManifest {
  const namesakes = new Map<string, number>();
  for (const token of tokens) {
    // A name in a manifest never refers to the other tokens, even if they have it.
    if (!token.generated && !token.expired && !token.retired) {
      namesakes.set(nameKey(token), (namesakes.get(nameKey(token)) ?? 0) + 1);
    }
  }
  const drafts = tokens
    .map((token) => ({ token, entry: entryOf(token, namesakes.get(nameKey(token)) ?? 0, options) }))
    .sort(
      (a, b) =>
        compareCodeUnits(a.entry.address, b.entry.address) || compareCodeUnits(a.token.id, b.token.id),
    );
  const defaults = new Map(
    options.declarations.map((declaration) => [declaration.kind, commonOf(drafts, declaration)]),
  );
  return {
    defaults: Object.fromEntries(
      [...defaults]
        .filter(([, common]) => Object.keys(common).length > 0)
        .map(([kind, common]) => [kind, escaped(common)]),
    ),
    entries: drafts.map(({ token, entry }) => {
      const common = entry.excluded ? {} : (defaults.get(token.kind) ?? {});
      return { ...entry, values: escaped(without(entry.values, Object.keys(common))) };
    }),
  };
}

interface Draft {
  readonly token: LiveToken;
  readonly entry: AdoptedEntry;
}

function entryOf(token: LiveToken, namesakes: number, options: AdoptOptions): AdoptedEntry {
  const { kind, scope, id, name, fields } = token;
  const declaration = declarationOf(kind, options);
  const { rules, idField, required } = declaration;
  const level = levelOf(declaration, scope, token);
  const naming = scopeFields(level, scope);
  const nameField = nameFieldOf(rules);
  const managed = without(statedOf(fields, rules), [nameField]);
  const faults = faultsOf({ kind, ...naming, [nameField]: name, ...managed }, declaration, options);

  const nameFault =
    namesakes > 1 ? `${namesakes} live tokens are named ${JSON.stringify(name)}` : faults.get(nameField);
  const byId = nameFault !== undefined && !required.present.includes(nameField);
  const address = addressOf(kind, scope, byId ? id : name);
  const identity = { kind, ...naming, ...(byId ? { [idField]: id } : { [nameField]: name }) };

  const reason =
    exclusionReason(token, options) ??
    (byId ? undefined : nameFault) ??
    Object.keys(naming)
      .map((field) => faults.get(field))
      .find((fault) => fault !== undefined) ??
    faults.get('');
  if (reason !== undefined) {
    const warnings = [`${address} is left out: ${reason}`];
    return { address, values: { ...identity, ...managed }, excluded: true, warnings, notes: [], hidden: [] };
  }
  const hidden = Object.keys(rules).filter(
    (field) => !(field in fields) && hasField(rules, field, level?.field),
  );
  const unmanaged = Object.keys(fields).flatMap((field) => {
    if (field === nameField || fields[field] === '') return [];
    const why = field in managed ? faults.get(field) : "the API doesn't return it";
    return why === undefined ? [] : [{ field, why }];
  });
  const left = unmanaged.map(({ field }) => field);
  return {
    address,
    values: { ...identity, ...without(managed, left) },
    excluded: false,
    warnings: unmanaged.map(({ field, why }) => `${address}: ${field} is left out and not managed: ${why}`),
    notes: [
      ...(byId
        ? [
            `${nameField} ${JSON.stringify(name)} is left out: ${nameFault}; the ${idField} identifies the token`,
          ]
        : []),
      ...hidden.map((field) => `${address}: ${field} is left out and not managed: the API doesn't return it`),
    ],
    hidden,
  };
}

/** Returns the managed fields that a manifest can state: those that are neither null nor an empty text. */
function statedOf(fields: Fields, rules: FieldRules): Fields {
  return Object.fromEntries(
    Object.entries(managedFields(fields, rules)).filter(([, value]) => value !== null && value !== ''),
  );
}

/** Returns why a token must not be declared, under any name; `undefined` if it can be. */
function exclusionReason(token: LiveToken, options: AdoptOptions): string | undefined {
  if (token.generated) return 'the service created it for its own use, or accepts no changes of it';
  if (isOver(token, options)) return 'it has expired and would be recreated';
  if (token.generation) return `it is a generation of ${token.generation.address}, which rotates`;
  if (token.retired) return 'it was replaced, and the next apply deletes it';
  if (token.custody === 'undelivered')
    return 'its secret is not delivered yet, and the next apply finishes that';
  return undefined;
}

function isOver({ kind, fields, expired }: LiveToken, options: AdoptOptions): boolean {
  const expiry = expiryOf(declarationOf(kind, options).rules, fields);
  const seconds = expiry === null ? undefined : parseInstant(expiry, 'utc');
  return expired === true || (seconds !== undefined && seconds <= options.now);
}

/** Returns, by field, why a manifest can't have its value. */
function faultsOf(
  values: JsonObject,
  declaration: TokenKind,
  { now, mask }: AdoptOptions,
): ReadonlyMap<string, string> {
  const violations = checkSchema({ apiVersion: 'reconcile/v1', tokens: [values] });
  const found = [
    ...violations.map(({ path, message }) => ({ field: String(path[2] ?? ''), message })),
    ...declaration
      .check(values, now)
      .filter(({ severity }) => severity === 'error')
      .map(({ path, message }) => ({ field: String(path[0] ?? ''), message })),
    ...Object.entries(values)
      .filter(([, value]) => mask(JSON.stringify(value)) !== JSON.stringify(value))
      .map(([field]) => ({ field, message: 'it looks like a secret' })),
  ];
  // The first message for a field wins.
  return new Map(found.reverse().map(({ field, message }) => [field, message]));
}

/**
 * Returns the values that all adopted tokens of a kind share, if there are several; never those that identify a
 * token.
 */
function commonOf(drafts: readonly Draft[], { kind, rules, idField }: TokenKind): JsonObject {
  const [first, ...others] = drafts
    .filter(({ token, entry }) => token.kind === kind && !entry.excluded)
    .map(({ entry }) => entry.values);
  if (!first || others.length === 0) return {};
  const own = ['kind', nameFieldOf(rules), idField];
  return Object.fromEntries(
    Object.entries(first).filter(
      ([field, value]) => !own.includes(field) && others.every((other) => equal(other[field], value)),
    ),
  );
}

function declarationOf(kind: Kind, { declarations }: AdoptOptions): TokenKind {
  const declaration = declarations.find((one) => one.kind === kind);
  if (!declaration) throw new TypeError(`no declaration for ${kind}`);
  return declaration;
}

function nameKey({ kind, scope, name }: LiveToken): string {
  return JSON.stringify([kind, scope, name]);
}

function without(values: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field)));
}

function escaped(values: JsonObject): JsonObject {
  const write = (value: Json): Json => {
    if (typeof value === 'string') return escapeReferences(value);
    if (Array.isArray(value)) return value.map(write);
    return isObject(value) ? escaped(value) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, write(value)]));
}
