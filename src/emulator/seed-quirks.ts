import { fates, type LostRequest, methods, type Nth } from './fate.ts';
import type { Intervention } from './intervene.ts';
import type { Quirks } from './quirks.ts';
import { date, flag, list, mapping, oneOf, positive, scopes, seconds, text } from './seed-values.ts';
import type { NewToken } from './store.ts';
import { otherUser } from './users.ts';

type Reader<Value> = (value: unknown, path: string) => Value;

const among =
  <Word extends string>(...words: readonly Word[]): Reader<Word> =>
  (value, path) =>
    oneOf(value, words, path);

/** How each of the quirks is written. */
const readers: { readonly [Name in keyof Quirks]: Reader<Quirks[Name]> } = {
  ignorePatch: (value, path) =>
    list(value, path).map((field, index) =>
      oneOf(field, ['status', 'expiryDate', 'scopes'], `${path}[${index}]`),
    ),
  dateStyle: among('seconds', 'zoneless', 'millis'),
  emptyScopes: among('array', 'null', 'absent'),
  cursorEnd: among('empty', 'absent', 'repeat'),
  pageCap: positive,
  listLag: seconds,
  readLag: seconds,
  statusLag: seconds,
  lateCommit: seconds,
  duplicateNames: flag,
  ownHost: flag,
  loginChallenge: among('basic', 'bearer'),
};

/** What the `quirks` of a seed come to. */
export interface SeedQuirks {
  readonly quirks: Partial<Quirks>;
  readonly lost: readonly LostRequest[];
  readonly secondActor: readonly Intervention[];
}

/** Reads the quirks of a seed that has registries of these names. Keys may be in snake_case or camelCase. */
export function parseQuirks(value: unknown, path: string, registries: readonly string[]): SeedQuirks {
  const { lost, second_actor, secondActor, ...rest } = mapping(value, path);
  return {
    quirks: Object.fromEntries(
      Object.entries(rest).map(([key, quirk]) => {
        const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
        if (!isQuirk(name)) throw new Error(`${path}.${key}: not known; known are ${knownKeys()}`);
        return [name, readers[name](quirk, `${path}.${key}`)];
      }),
    ),
    lost: list(lost, `${path}.lost`).map((item, index) => parseLost(item, `${path}.lost[${index}]`)),
    secondActor: list(second_actor ?? secondActor, `${path}.second_actor`).map((item, index) =>
      parseIntervention(item, `${path}.second_actor[${index}]`, registries),
    ),
  };
}

function isQuirk(name: string): name is keyof Quirks {
  return Object.hasOwn(readers, name);
}

function knownKeys(): string {
  const names = Object.keys(readers).map((name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  return [...names, 'lost', 'second_actor'].join(', ');
}

function parseLost(value: unknown, path: string): LostRequest {
  const entry = only(['method', 'nth', 'fate'], value, path);
  return { ...parseNth(entry, path), fate: oneOf(entry['fate'], fates, `${path}.fate`) };
}

function parseNth(entry: Readonly<Record<string, unknown>>, path: string): Nth {
  return {
    method: oneOf(entry['method'], methods, `${path}.method`),
    nth: positive(entry['nth'], `${path}.nth`),
  };
}

function parseIntervention(value: unknown, path: string, registries: readonly string[]): Intervention {
  const entry = only(['before', 'user', 'create', 'delete'], value, path);
  const common = {
    before: parseNth(only(['method', 'nth'], entry['before'], `${path}.before`), `${path}.before`),
    user: text(entry['user'] ?? otherUser, `${path}.user`),
  };
  if ('create' in entry === 'delete' in entry) throw new Error(`${path}: expected either create or delete`);
  const verb = 'create' in entry ? 'create' : 'delete';
  const at = `${path}.${verb}`;
  const keys = ['registry', 'name', ...(verb === 'create' ? ['status', 'expiryDate', 'scopes'] : [])];
  const target = only(keys, entry[verb], at);
  const registry = oneOf(target['registry'], registries, `${at}.registry`);
  const name = text(target['name'], `${at}.name`);
  return {
    ...common,
    registry,
    act: verb === 'delete' ? { delete: name } : { create: parseNew(target, name, at) },
  };
}

function parseNew(token: Readonly<Record<string, unknown>>, name: string, path: string): NewToken {
  const expiryDate = date(token['expiryDate'], `${path}.expiryDate`);
  return {
    name,
    status: oneOf(token['status'] ?? 'enabled', ['enabled', 'disabled'], `${path}.status`),
    expiry: expiryDate === null ? null : Date.parse(expiryDate),
    scopes: scopes(token['scopes'], `${path}.scopes`),
  };
}

/** A mapping that has no keys but these. */
function only(keys: readonly string[], value: unknown, path: string): Readonly<Record<string, unknown>> {
  const entry = mapping(value, path);
  const unknown = Object.keys(entry).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Error(`${path}.${unknown}: not known; known are ${keys.join(', ')}`);
  return entry;
}
