import { relative, resolve, sep } from 'node:path';
import { ReconcileError } from '../core/model/errors.ts';
import { splitPlaceKey } from '../core/model/sink-place.ts';
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
 * removed from the old one. Throws `STATE_UNSAFE` if the new place has records already.
 */
export async function moveState(from: State, to: State): Promise<MovedState> {
  const entries = from.spool.entries();
  if (to.ledger.entries().size + to.spool.entries().length > 0) {
    throw new ReconcileError({
      code: 'STATE_UNSAFE',
      message: `${to.store.label} is not empty: it has ${to.ledger.entries().size} tokens in its ledger and ${to.spool.entries().length} entries in its spool`,
      hint: 'move to an empty place; two states are not merged',
    });
  }
  if (entries.some(({ attempt, made }) => made?.secret ?? attempt.chosenSecret))
    to.store.sealing?.assertKey();
  const ledger = (await from.store.read()).get(ledgerFile) ?? emptyLedgerText;
  const moved = withPlacesFrom(ledger, from.store.base, to.store.base);
  await to.store.write([{ name: ledgerFile, content: () => moved }], 'deferred');
  for (const { attempt, made } of entries) {
    if (made) await to.spool.made(attempt, made);
    else await to.spool.recordAttempt(attempt);
  }
  await to.store.flush();
  for (const { attempt } of entries) await from.spool.remove(attempt);
  await from.store.write([{ name: ledgerFile, content: () => emptyLedgerText }], 'deferred');
  await from.store.flush();
  return { tokens: from.ledger.entries().size, attempts: entries.length };
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
