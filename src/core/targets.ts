import type { Observed } from './model.ts';
import type { Situation } from './situation.ts';

/** What it takes to find the token that an entry is about. */
type Matter = Pick<Situation, 'desired' | 'live' | 'record'>;

/** The token that an entry is about, were it carried out now: for telling whether two entries share it. */
export function targetsOf(matter: Matter): readonly Observed[] {
  return lasting(candidatesOf(matter));
}

/** The tokens that an entry can mean, those that are over among them. */
export function candidatesOf(matter: Matter): readonly Observed[] {
  const { desired, live } = matter;
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
export function successor({ desired, live, record }: Matter): Observed | undefined {
  if (desired.id === undefined || desired.name === undefined || live.withId(desired.id)) return undefined;
  const { entry } = record(desired.name);
  return entry?.id && entry.address === desired.address ? live.withId(entry.id) : undefined;
}
