import { type FaultyRequest, faultNames } from './fault.ts';
import { type Granting, noExpiries } from './granting.ts';
import { methods, type NthRequest } from './nth-request.ts';
import { type LimitedRequest, limitHeaders } from './rate-limit.ts';
import {
  enumReader,
  readBoolean,
  readDuration,
  readEach,
  readEnum,
  readInteger,
  readMapping,
  readObject,
  readPositive,
  readSeconds,
  readString,
  type SeedReader,
} from './seed-values.ts';
import type { Timing } from './timing.ts';

/** The reader of each quirk. */
export type Readers<Quirks> = { readonly [Name in keyof Quirks]: SeedReader<Quirks[Name]> };

/** The deviations of a service from its defaults, and the faults of single requests, as a seed states them. */
export interface SeedQuirks<Quirks, Intervention> {
  readonly quirks: Partial<Quirks>;
  /** The requests for tokens whose responses are lost or incomplete. */
  readonly lost: readonly FaultyRequest[];
  /** The requests that are rate-limited. */
  readonly limited: readonly LimitedRequest[];
  /** The actions of other users between our requests. */
  readonly secondActor: readonly Intervention[];
}

/** Readers of the times that each service has. */
export const timingReaders: Readers<Timing> = {
  listLag: readSeconds,
  readLag: readSeconds,
  statusLag: readSeconds,
  lateCommit: readSeconds,
};

const fields: SeedReader<readonly string[]> = (value, path) => readEach(value, path, readString);

/** Readers of the changes that a service makes to requested values. */
export const grantingReaders: Readers<Granting> = {
  longestLife: readDuration,
  midnight: enumReader('no', 'before', 'after'),
  trimNames: readBoolean,
  lowerNames: readBoolean,
  cutNames: readInteger,
  noExpiry: (value, path) => readEnum(value, Object.keys(noExpiries) as (keyof typeof noExpiries)[], path),
  hidden: fields,
  unlisted: fields,
  unanswered: fields,
};

/** The create or delete of another user, as a seed writes it. */
export interface SeedAct {
  readonly before: NthRequest;
  readonly verb: 'create' | 'delete';
  /** The value of the verb, and its path. */
  readonly value: unknown;
  readonly at: string;
  /** The values of the other keys. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Reads an act of a second actor: a create or a delete, just before a request. */
export function readAct(value: unknown, path: string, otherKeys: readonly string[] = []): SeedAct {
  const { before, ...others } = readObject(['before', ...otherKeys, 'create', 'delete'], value, path);
  if ('create' in others === 'delete' in others) throw new Error(`${path}: expected either create or delete`);
  const verb = 'create' in others ? 'create' : 'delete';
  return {
    before: parseNth(before, `${path}.before`),
    verb,
    value: others[verb],
    at: `${path}.${verb}`,
    others,
  };
}

/** Reads the quirks of a service. Keys may be in snake_case or camelCase. Throws for an unknown key. */
export function parseQuirks<Quirks extends object, Intervention>(
  value: unknown,
  path: string,
  readers: Readers<Quirks>,
  intervention: SeedReader<Intervention>,
): SeedQuirks<Quirks, Intervention> {
  const { lost, rate_limited, rateLimited, second_actor, secondActor, ...rest } = readMapping(value, path);
  const known = readers as Readonly<Record<string, SeedReader<unknown>>>;
  const entries = Object.entries(rest).map(([key, quirk]) => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const read = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!read) throw new Error(`${path}.${key}: unknown key; known keys: ${knownKeys(Object.keys(known))}`);
    return [name, read(quirk, `${path}.${key}`)];
  });
  return {
    quirks: Object.fromEntries(entries) as Partial<Quirks>,
    lost: readEach(lost, `${path}.lost`, parseLost),
    limited: readEach(rate_limited ?? rateLimited, `${path}.rate_limited`, parseLimited),
    secondActor: readEach(second_actor ?? secondActor, `${path}.second_actor`, intervention),
  };
}

/** Reads which request `{ method, nth }` refers to. */
function parseNth(value: unknown, path: string): NthRequest {
  return nthOf(readObject(['method', 'nth'], value, path), path);
}

function knownKeys(names: readonly string[]): string {
  const snakes = names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  return [...snakes, 'lost', 'rate_limited', 'second_actor'].join(', ');
}

function nthOf(entry: Readonly<Record<string, unknown>>, path: string): NthRequest {
  return {
    method: readEnum(entry['method'], methods, `${path}.method`),
    nth: readPositive(entry['nth'], `${path}.nth`),
  };
}

function parseLost(value: unknown, path: string): FaultyRequest {
  const entry = readObject(['method', 'nth', 'fault'], value, path);
  return { ...nthOf(entry, path), fault: readEnum(entry['fault'], faultNames, `${path}.fault`) };
}

function parseLimited(value: unknown, path: string): LimitedRequest {
  const entry = readObject(['method', 'nth', 'header', 'wait'], value, path);
  return {
    ...nthOf(entry, path),
    header: readEnum(entry['header'] ?? 'seconds', limitHeaders, `${path}.header`),
    waitMs: readSeconds(entry['wait'], `${path}.wait`),
  };
}
