import { relative, resolve, sep } from 'node:path';
import { ReconcileError } from '../core/model/errors.ts';
import { splitPlaceKey } from '../core/model/sink-place.ts';
import { counted } from '../core/util/counted.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/util/json.ts';
import { emptyLedgerText } from '../custody/state/ledger.ts';
import type { State } from '../custody/state/state.ts';
import { ledgerFile } from '../custody/state/store.ts';

/** The content of a state that was moved. */
export interface MovedState {
  readonly tokens: number;
  readonly attempts: number;
}

/**
 * Moves the ledger and the spool from one place to another, both held. Everything is durable at the new place before it is
 * removed from the old one. A move that was interrupted meanwhile is finished. Throws `STATE_UNSAFE` if the new place has
 * other records, and `STATE_BROKEN` if the old one is corrupt.
 */
export async function moveState(from: State, to: State): Promise<MovedState> {
  const [problem] = from.problems;
  if (problem) throw new ReconcileError({ ...problem, message: `${problem.message}; nothing was moved` });
  const entries = from.spool.entries();
  const text = (await from.store.read()).get(ledgerFile) ?? emptyLedgerText;
  const ledger = withPlacesFrom(text, from.store.base, to.store.base);
  // After an interrupted move, one of the two states holds a part of the other.
  const isBegun = isPartOf(to, from);
  if (!isBegun && !isPartOf(from, to)) {
    throw new ReconcileError({
      code: 'STATE_UNSAFE',
      message: `${to.store.label} is not empty: it has ${counted(to.ledger.entries().size, 'token')} in its ledger and ${counted(to.spool.entries().length, 'entry', 'entries')} in its spool`,
      hint: 'move to an empty place; two states are not merged',
    });
  }
  if (isBegun) await copyState(from, to, ledger);
  for (const { attempt } of entries) await from.spool.remove(attempt);
  await from.store.write([{ name: ledgerFile, content: () => emptyLedgerText }], 'deferred');
  await from.store.flush();
  return { tokens: from.ledger.entries().size, attempts: entries.length };
}

async function copyState(from: State, to: State, ledger: string): Promise<void> {
  const entries = from.spool.entries();
  const sealed = entries.map(({ made }) => made?.sealed?.problem).find((problem) => problem);
  if (sealed) throw sealed;
  if (entries.length > 0) to.store.sealing?.assertKey();
  for (const { attempt, made } of entries) {
    if (made) await to.spool.made(attempt, made);
    else await to.spool.recordAttempt(attempt);
  }
  await to.store.write([{ name: ledgerFile, content: () => ledger }], 'deferred');
  await to.store.flush();
}

/** Tells whether everything in one state is in another, too. */
function isPartOf(part: State, whole: State): boolean {
  const nonces = new Set(whole.spool.entries().map(({ attempt }) => attempt.nonce));
  return (
    [...part.ledger.entries()].every(([key, { id }]) => whole.ledger.entry(key)?.id === id) &&
    part.spool.entries().every(({ attempt }) => nonces.has(attempt.nonce))
  );
}

/** Returns a ledger whose paths are relative to another folder. */
function withPlacesFrom(ledger: string, from: string, to: string): string {
  const value = parseJson(ledger);
  if (from === to || !isObject(value) || !isObject(value['tokens'])) return ledger;
  const tokens = mapMembers(value['tokens'], (entry) => {
    const places = isObject(entry) ? entry['places'] : undefined;
    if (!isObject(entry) || !isObject(places)) return entry;
    const relocated = mapMembers(places, (keys) =>
      Array.isArray(keys) ? keys.map((key: Json) => relocate(String(key), from, to)) : keys,
    );
    return { ...entry, places: relocated };
  });
  return `${JSON.stringify({ ...value, tokens }, null, 1)}\n`;
}

function mapMembers(object: JsonObject, change: (member: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, change(member)]));
}

/** Returns the key of a place, in which the path is relative to another folder. */
function relocate(key: string, from: string, to: string): string {
  const { type, rest } = splitPlaceKey(key);
  const mark = rest.indexOf('#');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (path === '') return key;
  const relocated = relative(to, resolve(from, path)).split(sep).join('/');
  return `${type}:${relocated}${mark < 0 ? '' : rest.slice(mark)}`;
}
