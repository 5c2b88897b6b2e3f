import type { ReplaceOrder, WantedState } from '../../../src/core/model/desired.ts';
import type { Random } from '../random.ts';

/** What people want of a token at one time. */
export interface ManifestVersion {
  readonly label: string;
  readonly state: WantedState;
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
  readonly versions: readonly ManifestVersion[];
}

/**
 * One of the stories that a token can have.
 *
 * @param rightsStay whether its rights can't be changed
 */
export function storyOf(name: string, random: Random, rightsStay: boolean): Story {
  const old = `old-${name}`;
  const basic: ManifestVersion = {
    label: name,
    state: 'present',
    grade: 0,
    allowReplace: random.chance(0.5),
    ...switched(random),
  };
  const version = (more: Partial<ManifestVersion>): ManifestVersion => ({
    ...basic,
    ...switched(random),
    ...more,
  });
  const order = random.pick([undefined, 'create_first', 'delete_first'] as const);
  const replaced: Partial<ManifestVersion> = {
    allowReplace: true,
    ...(order !== undefined && { order }),
    ...(rightsStay && random.chance(0.5)
      ? { grade: 1 }
      : { expires: random.pick(['never', 'late'] as const) }),
  };
  const other = replaced.expires === 'never' ? 'late' : 'never';
  const before: Partial<ManifestVersion> = replaced.expires === undefined ? {} : { expires: other };
  const byId: Partial<ManifestVersion> = { state: random.pick(['present', 'update'] as const) };
  const seed = [{ label: old, repository: 'app' }];
  const story = (versions: readonly Partial<ManifestVersion>[], seeds: Story['seeds'] = []): Story => ({
    name,
    names: [...new Set([name, ...versions.flatMap(({ label = name, of = label }) => [label, of])])],
    seeds,
    versions: versions.map(version),
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
      ...(['renamed twice', 'replaced by ID', 'absent', 'given up', 'ending', 'ending'] as const),
    ])
  ) {
    case 'made':
      return story([{}, {}, {}]);
    case 'replaced':
      return story([before, replaced, { ...before, allowReplace: true }]);
    case 'adopted':
      return story([replaced], [{ label: name, repository: 'before' }]);
    case 'renamed':
      return story([{ of: old, ...byId }, {}], seed);
    case 'renamed own':
      return story([{ label: old }, { of: old, ...byId }, {}]);
    case 'renamed twice':
      return story([{ label: old, ...before }, { of: old, ...replaced, ...byId }, replaced]);
    case 'replaced by ID':
      return story([before, { of: name, ...replaced, ...byId }]);
    case 'absent':
      return story([{ label: old, state: 'absent', ...(random.chance(0.5) && { of: old }) }], seed);
    case 'given up':
      return story([{}, { state: 'absent', ...(random.chance(0.5) && { of: name }) }]);
    case 'ending':
      return story([{ expires: 'soon' }, { expires: random.pick(['late', 'never'] as const) }]);
  }
}

/** Whether it is switched on, or nothing is said of that. */
function switched(random: Random): Pick<ManifestVersion, 'active'> {
  const active = random.pick([undefined, undefined, true, false]);
  return active === undefined ? {} : { active };
}
