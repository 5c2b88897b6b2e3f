import type { ReplaceOrder, State } from '../../../src/core/model/desired.ts';
import type { Random } from '../random.ts';

/** What people want of a token at one time. */
export interface Wish {
  readonly label: string;
  readonly state: State;
  /** The label under which they look up the ID that they state; without it they state none. */
  readonly of?: string;
  /** Which rights it has. */
  readonly grade: number;
  readonly active?: boolean;
  readonly expires?: 'never' | 'soon' | 'late';
  readonly allowReplace: boolean;
  readonly order?: ReplaceOrder;
}

/** What people want of a token one after another, and what is there before. */
export interface Story {
  readonly name: string;
  readonly names: readonly string[];
  readonly seeds: readonly { readonly label: string; readonly repository: string }[];
  readonly wishes: readonly Wish[];
}

/**
 * One of the stories that a token can have.
 *
 * @param rightsStay whether its rights can't be changed
 */
export function storyOf(name: string, random: Random, rightsStay: boolean): Story {
  const old = `old-${name}`;
  const basic: Wish = {
    label: name,
    state: 'present',
    grade: 0,
    allowReplace: random.chance(0.5),
    ...switched(random),
  };
  const wish = (more: Partial<Wish>): Wish => ({ ...basic, ...switched(random), ...more });
  const order = random.pick([undefined, 'create_first', 'delete_first'] as const);
  const anew: Partial<Wish> = {
    allowReplace: true,
    ...(order !== undefined && { order }),
    ...(rightsStay && random.chance(0.5)
      ? { grade: 1 }
      : { expires: random.pick(['never', 'late'] as const) }),
  };
  const other = anew.expires === 'never' ? 'late' : 'never';
  const before: Partial<Wish> = anew.expires === undefined ? {} : { expires: other };
  const byId: Partial<Wish> = { state: random.pick(['present', 'update'] as const) };
  const seed = [{ label: old, repository: 'app' }];
  const story = (wishes: readonly Partial<Wish>[], seeds: Story['seeds'] = []): Story => ({
    name,
    names: [...new Set([name, ...wishes.flatMap(({ label = name, of = label }) => [label, of])])],
    seeds,
    wishes: wishes.map(wish),
  });

  switch (
    random.pick([
      ...([
        'made',
        'made',
        'replaced',
        'replaced',
        'adopted',
        'renamed',
        'renamed own',
        'renamed own',
      ] as const),
      ...(['renamed anew', 'replaced by ID', 'absent', 'given up', 'ending', 'ending'] as const),
    ])
  ) {
    case 'made':
      return story([{}, {}, {}]);
    case 'replaced':
      return story([before, anew, { ...before, allowReplace: true }]);
    case 'adopted':
      return story([anew], [{ label: name, repository: 'before' }]);
    case 'renamed':
      return story([{ of: old, ...byId }, {}], seed);
    case 'renamed own':
      return story([{ label: old }, { of: old, ...byId }, {}]);
    case 'renamed anew':
      return story([{ label: old, ...before }, { of: old, ...anew, ...byId }, anew]);
    case 'replaced by ID':
      return story([before, { of: name, ...anew, ...byId }]);
    case 'absent':
      return story([{ label: old, state: 'absent', ...(random.chance(0.5) && { of: old }) }], seed);
    case 'given up':
      return story([{}, { state: 'absent', ...(random.chance(0.5) && { of: name }) }]);
    case 'ending':
      return story([{ expires: 'soon' }, { expires: random.pick(['late', 'never'] as const) }]);
  }
}

/** Whether it is switched on, or nothing is said of that. */
function switched(random: Random): Pick<Wish, 'active'> {
  const active = random.pick([undefined, undefined, true, false]);
  return active === undefined ? {} : { active };
}
