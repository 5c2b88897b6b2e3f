import equal from 'fast-deep-equal';
import pLimit from 'p-limit';
import type { LedgerEntry } from '../../core/model/custody-record.ts';
import type { Grants } from '../../core/model/grants.ts';
import type { Fields } from '../../core/model/token.ts';
import { type IdRange, idKey, isSameToken } from '../../core/model/token-id.ts';
import { isObject, parseJson } from '../../core/util/json.ts';
import type { OpenOptions } from './opening.ts';
import { matchesSchema } from './shape.ts';
import { ledgerFile } from './store.ts';
import { upgradeLedger } from './upgrade.ts';

/** The records of the tokens created here: their IDs, and which sinks have their secrets. */
export interface Ledger {
  entry(key: string): LedgerEntry | undefined;
  entries(): ReadonlyMap<string, LedgerEntry>;
  /** Returns the entry that holds one of these tokens, and its key. The token may have another name by now. */
  findByTokenId(range: IdRange, ids: readonly string[]): KeyedEntry | undefined;
  /**
   * Changes one entry; `undefined` removes it. It is written when the promise resolves, or with the next write of a store
   * that defers this. Changes that arrive during a write are written together.
   */
  update(key: string, change: (entry: LedgerEntry | undefined) => LedgerEntry | undefined): Promise<void>;
  /** Returns the desired fields that were last applied under a key; `null` if the token was to be absent. */
  applied(key: string): Fields | null | undefined;
  /** Records applied fields in one write. Writes nothing if they are already recorded. */
  recordApplied(applied: ReadonlyMap<string, Fields | null>): Promise<void>;
  /** Returns the values that the service granted a token instead of the requested ones, by its ID. */
  granted(range: IdRange, id: string): Grants | undefined;
  /** Records the grants for these fields and removes their other grants. Writes nothing if they are already recorded. */
  recordGranted(range: IdRange, id: string, fields: readonly string[], grants: Grants): Promise<void>;
  /** Removes the grants of a token. */
  forgetGranted(range: IdRange, id: string): Promise<void>;
  /** Changes several entries in one write. */
  updateMany(entries: readonly (readonly [key: string, entry: LedgerEntry | undefined])[]): Promise<void>;
}

/** An entry of the ledger with its key. */
export interface KeyedEntry {
  readonly key: string;
  readonly entry: LedgerEntry;
}

/**
 * Reads a ledger. Entries that can't be understood are left out.
 * @param text `undefined` if there is none
 * @param write writes the ledger's file
 */
export async function openLedger(
  text: string | undefined,
  { write, onCorrupt }: OpenOptions,
): Promise<Ledger> {
  const read = text === undefined ? { ...blank(), valid: true } : decode(text);
  if (!read.valid) await onCorrupt(ledgerFile);
  const { entries, applied, granted } = read;
  let byId: ReadonlyMap<string, readonly KeyedEntry[]> | undefined;
  const queue = pLimit(1);
  let waiting: Promise<void> | undefined;

  // Changes that arrive during a write go with the next one.
  const flush = (): Promise<void> => {
    waiting ??= queue(async () => {
      waiting = undefined;
      await write([{ name: ledgerFile, content: () => encode(read) }], 'deferred');
    });
    return waiting;
  };

  return {
    entry: (key) => entries.get(key),
    entries: () => entries,
    findByTokenId(range, ids) {
      byId ??= indexById(entries);
      for (const id of ids) {
        const held = byId.get(id.toLowerCase());
        const found = held?.find(({ entry }) => isSameToken({ ...entry, id }, { ...range, id }));
        if (found) return found;
      }
      return undefined;
    },
    applied: (key) => applied.get(key),
    async recordApplied(given) {
      const news = [...given].filter(([key, fields]) => !equal(applied.get(key), fields));
      if (news.length === 0) return;
      for (const [key, fields] of news) applied.set(key, fields);
      await flush();
    },
    granted: (range, id) => granted.get(idKey(range, id)),
    async recordGranted(range, id, fields, grants) {
      const key = idKey(range, id);
      const known = granted.get(key);
      const kept = Object.entries(known ?? {}).filter(([field]) => !fields.includes(field));
      const next = { ...Object.fromEntries(kept), ...grants };
      if (equal(next, known ?? {})) return;
      if (Object.keys(next).length === 0) granted.delete(key);
      else granted.set(key, next);
      await flush();
    },
    async forgetGranted(range, id) {
      if (granted.delete(idKey(range, id))) await flush();
    },
    async updateMany(changes) {
      for (const [key, entry] of changes) {
        if (entry === undefined) entries.delete(key);
        else entries.set(key, entry);
      }
      byId = undefined;
      await flush();
    },
    async update(key, change) {
      const entry = change(entries.get(key));
      if (entry === undefined) {
        if (!entries.delete(key)) return;
      } else entries.set(key, entry);
      byId = undefined;
      await flush();
    },
  };
}

/** The content of a ledger, by key. */
interface Content {
  readonly entries: Map<string, LedgerEntry>;
  readonly applied: Map<string, Fields | null>;
  /** By the tokens: see `idKey`. */
  readonly granted: Map<string, Grants>;
}

/** Returns the entries that hold a token, by its ID in lower case. */
function indexById(entries: Content['entries']): ReadonlyMap<string, readonly KeyedEntry[]> {
  const index = new Map<string, KeyedEntry[]>();
  for (const [key, entry] of entries) {
    if (entry.id === null) continue;
    const id = entry.id.toLowerCase();
    const others = index.get(id);
    if (others) others.push({ key, entry });
    else index.set(id, [{ key, entry }]);
  }
  return index;
}

function blank(): Content {
  return { entries: new Map(), applied: new Map(), granted: new Map() };
}

/** The file of a ledger without entries. */
export const emptyLedgerText = encode(blank());

function encode({ entries, applied, granted }: Content): string {
  const content = {
    version: 2,
    tokens: Object.fromEntries(entries),
    applied: Object.fromEntries(applied),
    ...(granted.size > 0 && { granted: Object.fromEntries(granted) }),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

function decode(text: string): Content & { readonly valid: boolean } {
  const { entries, applied, granted } = blank();
  const value = upgradeLedger(parseJson(text));
  if (!matchesSchema(value, 'ledger') || !isObject(value) || !isObject(value['tokens']))
    return { entries, applied, granted, valid: false };
  let valid = true;
  const noted = value['applied'];
  for (const [key, fields] of Object.entries(isObject(noted) ? noted : {})) {
    if (fields === null || isObject(fields)) applied.set(key, fields);
    else valid = false;
  }
  const grants = value['granted'];
  for (const [id, fields] of Object.entries(isObject(grants) ? grants : {})) {
    if (matchesSchema(fields, 'granted')) granted.set(id, fields as unknown as Grants);
    else valid = false;
  }
  for (const [key, entry] of Object.entries(value['tokens'])) {
    if (matchesSchema(entry, 'entry')) entries.set(key, entry as unknown as LedgerEntry);
    else valid = false;
  }
  return { entries, applied, granted, valid };
}
