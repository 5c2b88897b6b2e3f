import { bears } from './granted.ts';
import type { Observed } from './model.ts';
import { sameId } from './ours.ts';
import type { Situation } from './situation.ts';

/** What it takes to find the token that an entry is about. */
export type Matter = Pick<Situation, 'desired' | 'live' | 'listed' | 'record'>;

/** The token that an entry is about, were it carried out now: for telling whether two entries share it. */
export function targetsOf(matter: Matter): readonly Observed[] {
  const candidates = candidatesOf(matter);
  return matter.desired.rotation ? candidates : lasting(candidates);
}

/** The tokens that an entry can mean, those that are over among them. */
export function candidatesOf(matter: Matter): readonly Observed[] {
  const { desired, live } = matter;
  if (desired.rotation) return live.family(desired.rotation.base);
  if (desired.id !== undefined) {
    const token = live.withId(desired.id) ?? successor(matter);
    return token ? [token] : [];
  }
  if (desired.state === 'present') return desired.name === undefined ? [] : live.named(desired.name);
  const referred = desired.ref === undefined ? [] : live.referred(desired.ref);
  if (referred.length > 0 || desired.name === undefined || (desired.state === 'absent' && desired.ref))
    return referred;
  return live.named(desired.name);
}

/** Of several tokens, one that is over is meant only where there is no other. */
export function lasting(tokens: readonly Observed[]): readonly Observed[] {
  const current = tokens.filter(({ expired }) => !expired);
  return current.length > 0 ? current : tokens;
}

/** What a replace of ours has put in the place of a token that the manifest still knows by its ID. */
export function successor({ desired, live, listed, record }: Matter): Observed | undefined {
  const { id, name } = desired;
  if (id === undefined || name === undefined || live.withId(id)) return undefined;
  // By the name that the old token still bears, in whose place its successor is on record; else by the address.
  const former = listed.withId(id)?.name;
  const entries = [former, name].flatMap((known) => (known === undefined ? [] : (record(known).entry ?? [])));
  const heir = entries.find(
    (entry) => entry.retire.some((old) => sameId(old.id, id)) || entry.address === desired.address,
  );
  const token = heir?.id ? live.withId(heir.id) : undefined;
  // A record alone is not enough: the ledger is a file that others may be able to write.
  return token && heir?.created === token.origin.created && bears(token, heir.name) ? token : undefined;
}
