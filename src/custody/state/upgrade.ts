import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';

/** New names of the members of an attempt in state files of version 1, by their old names. */
const attemptNames: Readonly<Record<string, string>> = {
  order: 'replaceOrder',
  seen: 'knownIds',
  old: 'replaces',
  revokes: 'revokeOld',
  settledAt: 'resolvedAt',
};
/** New names of the members of a ledger entry of version 1, by their old names. */
const entryNames: Readonly<Record<string, string>> = { retire: 'superseded', doubts: 'unresolved' };

/** Converts a ledger of version 1. Returns any other value as it is. */
export function upgradeLedger(value: Json | undefined): Json | undefined {
  if (!isObject(value) || value['version'] !== 1 || !isObject(value['tokens'])) return value;
  const tokens = Object.fromEntries(
    Object.entries(value['tokens']).map(([key, entry]) => [key, upgradeEntry(entry)]),
  );
  return { ...value, version: 2, tokens };
}

/** Converts a file of the spool of version 1. Returns any other value as it is. */
export function upgradeSpoolEntry(value: Json | undefined): Json | undefined {
  if (!isObject(value) || value['version'] !== 1) return value;
  const { attempt = null, made = null } = value;
  return {
    ...value,
    version: 2,
    attempt: renamed(attempt, attemptNames),
    made: renamed(made, { madeAt: 'respondedAt' }),
  };
}

function upgradeEntry(entry: Json): Json {
  const current = renamed(entry, entryNames);
  if (!isObject(current) || !Array.isArray(current['unresolved'])) return current;
  const unresolved: readonly Json[] = current['unresolved'];
  return { ...current, unresolved: unresolved.map((attempt) => renamed(attempt, attemptNames)) };
}

function renamed(value: Json, names: Readonly<Record<string, string>>): Json {
  if (!isObject(value)) return value;
  const object: JsonObject = value;
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [names[name] ?? name, member]));
}
