import { otherUser } from '../callers.ts';
import {
  grantingReaders,
  parseNth,
  parseQuirks,
  type Readers,
  type SeedQuirks,
  timingReaders,
} from '../seed-quirks.ts';
import { among, date, each, flag, oneOf, only, read, text } from '../seed-values.ts';
import type { Quirks } from './quirks.ts';
import type { Intervention } from './second-actor.ts';
import { scopes } from './seed.ts';
import type { NewToken } from './store.ts';

/** The reader of each quirk. */
const readers: Readers<Quirks> = {
  ignorePatch: (value, path) => each(value, path, among('status', 'expiryDate', 'scopes')),
  dateStyle: among('seconds', 'zoneless', 'millis'),
  emptyScopes: among('array', 'null', 'absent'),
  cursorEnd: among('empty', 'absent', 'repeat'),
  pageCap: read,
  ...timingReaders,
  ...grantingReaders,
  duplicateNames: flag,
  ownHost: flag,
  loginChallenge: among('basic', 'bearer'),
};

/** Reads the quirks of a seed that has registries of these names. */
export function parseIonosQuirks(
  value: unknown,
  path: string,
  registries: readonly string[],
): SeedQuirks<Quirks, Intervention> {
  return parseQuirks(value, path, readers, (item, at) => parseIntervention(item, at, registries));
}

function parseIntervention(value: unknown, path: string, registries: readonly string[]): Intervention {
  const entry = only(['before', 'user', 'create', 'delete'], value, path);
  const common = {
    before: parseNth(entry['before'], `${path}.before`),
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
