import { recordKey } from '../core/model/custody-record.ts';
import { familyNameOf } from '../core/model/generation-name.ts';
import type { Plan } from '../core/model/plan.ts';
import { idKey } from '../core/model/token-id.ts';
import type { State } from '../custody/state/state.ts';
import type { Target } from '../observe/target.ts';

/**
 * Returns the addresses of tokens that were created and delivered here, and that no manifest declares any more. One
 * whose scope was listed counts only if it is live.
 *
 * @param declared the keys of the entries' declarations
 */
export function findForgotten(
  { ledger }: State,
  targets: ReadonlyMap<string, Target>,
  declared: ReadonlySet<string>,
  { changes }: Plan,
): readonly string[] {
  const addresses = new Set([...targets.keys(), ...changes.map(({ entryAddress }) => entryAddress)]);
  const going = new Set(changes.flatMap(({ kind, id }) => (id === null ? [] : [idKey({ kind }, id)])));
  const scopes = new Map([...targets.values()].map((target) => [target.scopeKey, target]));
  return [...ledger.entries()]
    .filter(([key, { kind, id, address }]) => {
      if (id === null || declared.has(key) || addresses.has(address) || going.has(idKey({ kind }, id)))
        return false;
      return ![...scopes.values()].some((target) => isOf(target, key, id));
    })
    .map(([, { address }]) => address)
    .sort();

  /** Tells whether an entry belongs to a scope that was listed, and its token is not live there. */
  function isOf({ client, scope, desired, snapshot }: Target, key: string, id: string): boolean {
    const entry = ledger.entry(key);
    if (!entry || snapshot.tokens.byId(id)) return false;
    const names = [entry.name, familyNameOf(entry.name) ?? entry.name];
    return names.some((name) => recordKey(desired.kind, client.account, scope.id, name) === key);
  }
}
