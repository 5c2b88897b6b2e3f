import type { Problem } from '../model/errors.ts';
import { labelOfSinkName } from '../model/sink.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../util/json.ts';

/** Maximum number of differences reported. */
const maxReported = 50;

/**
 * Describes how the present changes differ from the reviewed ones, as one problem for each address.
 *
 * @param reviewed the changes of a plan as its JSON has them, each with the fields that it sends as `write`
 */
export function describeStaleness(
  reviewed: readonly JsonObject[],
  now: readonly JsonObject[],
): readonly Problem[] {
  const before = pendingByAddress(reviewed);
  const after = pendingByAddress(now);
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
    (address) => comparablePart(before.get(address)) !== comparablePart(after.get(address)),
  );
  const reported = differing.slice(0, maxReported).map(
    (address): Problem => ({
      code: 'PLAN_STALE',
      message: `${address}: the reviewed plan has ${describe(before.get(address))}; it would now be ${describe(after.get(address))}`,
    }),
  );
  if (reported.length === 0) {
    return [
      {
        code: 'PLAN_STALE',
        message:
          'the changes are the same, but their options differ: sinks, the programs that receive secrets, credentials, protection, waits, certificates or accounts',
      },
    ];
  }
  const more = differing.length - reported.length;
  return more > 0 ? [...reported, { code: 'PLAN_STALE', message: `${more} more changes differ` }] : reported;
}

function pendingByAddress(changes: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  return new Map(
    changes
      .filter(({ action }) => action !== 'noop')
      .map((change): [string, JsonObject] => [String(change['address']), change]),
  );
}

/** Returns the comparable part of a change, without its messages and values that depend on the time of the apply. */
function comparablePart(change: JsonObject | undefined): string {
  if (!change) return '';
  const { action, id, fields, secret, order, write, family } = change;
  const makes = isObject(family) && isObject(family['makes']) ? Object.values(family['makes']) : [];
  const shown = (Array.isArray(fields) ? fields : [])
    .filter(isObject)
    .filter(({ after }) => !makes.includes(after ?? null));
  const sent = Object.entries(isObject(write) ? write : {}).filter(([, wanted]) => !makes.includes(wanted));
  return canonicalJson(
    [action, id, shown, secret, order, Object.fromEntries(sent)].map((part) => part ?? null),
  );
}

function describe(change: JsonObject | undefined): string {
  if (!change) return 'nothing';
  const { action, id, fields, error, write, secret, order } = change;
  const code = isObject(error) ? `, ${String(error['code'])}` : '';
  const of = typeof id === 'string' ? ` of ${id}` : '';
  const shown = (Array.isArray(fields) ? fields : []).filter(isObject);
  // The other fields that are sent. For a replace, these are the carried-over ones.
  const sent = Object.entries(isObject(write) ? write : {}).filter(
    ([name]) => !shown.some(({ field }) => field === name),
  );
  const details = [
    ...shown.map(fieldWords),
    ...sent.map(([name, wanted]) => `${name}: ${value(wanted)}`),
    ...(Array.isArray(secret) ? secret.map((sink) => `secret → ${labelOfSinkName(value(sink))}`) : []),
    ...(typeof order === 'string' ? [order] : []),
  ];
  return `a ${String(action)}${of}${code}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}

function fieldWords({ field, before, after }: JsonObject): string {
  return `${String(field)}: ${value(before)} → ${value(after)}`;
}

function value(json: Json | undefined): string {
  return typeof json === 'string' ? json : JSON.stringify(json ?? null);
}
