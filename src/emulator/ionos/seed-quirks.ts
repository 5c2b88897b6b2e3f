import { otherUser } from '../callers.ts';
import {
  grantingReaders,
  parseQuirks,
  type Readers,
  readAct,
  type SeedQuirks,
  timingReaders,
} from '../seed-quirks.ts';
import {
  enumReader,
  readBoolean,
  readDate,
  readEach,
  readEnum,
  readObject,
  readPositive,
  readString,
} from '../seed-values.ts';
import type { IonosQuirks } from './quirks.ts';
import type { IonosIntervention } from './second-actor.ts';
import { readScopes } from './seed-parse.ts';
import type { NewToken } from './store.ts';

/** The reader of each quirk. */
const readers: Readers<IonosQuirks> = {
  ignorePatch: (value, path) => readEach(value, path, enumReader('status', 'expiryDate', 'scopes')),
  dateStyle: enumReader('seconds', 'zoneless', 'millis'),
  emptyScopes: enumReader('array', 'null', 'absent'),
  cursorEnd: enumReader('empty', 'absent', 'repeat'),
  pageCap: readPositive,
  ...timingReaders,
  ...grantingReaders,
  duplicateNames: readBoolean,
  ownHost: readBoolean,
  loginChallenge: enumReader('basic', 'bearer'),
};

/** Reads the quirks of a seed that has registries of these names. */
export function parseIonosQuirks(
  value: unknown,
  path: string,
  registries: readonly string[],
): SeedQuirks<IonosQuirks, IonosIntervention> {
  return parseQuirks(value, path, readers, (item, at) => parseIntervention(item, at, registries));
}

function parseIntervention(value: unknown, path: string, registries: readonly string[]): IonosIntervention {
  const { before, verb, value: act, at, others } = readAct(value, path, ['user']);
  const common = { before, user: readString(others['user'] ?? otherUser, `${path}.user`) };
  const keys = ['registry', 'name', ...(verb === 'create' ? ['status', 'expiryDate', 'scopes'] : [])];
  const target = readObject(keys, act, at);
  const registry = readEnum(target['registry'], registries, `${at}.registry`);
  const name = readString(target['name'], `${at}.name`);
  return {
    ...common,
    registry,
    act: verb === 'delete' ? { delete: name } : { create: parseNew(target, name, at) },
  };
}

function parseNew(token: Readonly<Record<string, unknown>>, name: string, path: string): NewToken {
  const expiryDate = readDate(token['expiryDate'], `${path}.expiryDate`);
  return {
    name,
    status: readEnum(token['status'] ?? 'enabled', ['enabled', 'disabled'], `${path}.status`),
    expiry: expiryDate === null ? null : Date.parse(expiryDate),
    scopes: readScopes(token['scopes'], `${path}.scopes`),
  };
}
