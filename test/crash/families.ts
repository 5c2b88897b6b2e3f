import type { FamilyKind } from './services.ts';

/** A rotating token whose generations are there already when a run is killed. */
export interface RotatingFamily {
  readonly kind: FamilyKind;
  readonly address: string;
  readonly base: string;
  /** The file that its secret goes to. */
  readonly file: string;
  /** Whether its oldest generation is a token of the plain name, that was there before. */
  readonly isAdopted: boolean;
}

/** What is done after a run was killed, and what may come of it. */
export interface FollowUp {
  readonly name: string;
  /** How many seconds later. */
  readonly after: number;
  readonly command: readonly string[];
  /** How many tokens it makes for each family, besides those that take the place of lost ones. */
  readonly makes: 'what_is_missing' | 'one' | 'none';
}

/** A run that makes the next generations of some families while old ones are to go, and that is killed. */
export interface Rotating {
  readonly name: string;
  readonly manifest: string;
  readonly families: readonly RotatingFamily[];
  /** The runs before, and how many seconds pass after each. */
  readonly history: readonly { readonly command: readonly string[]; readonly pause: number }[];
  readonly command: readonly string[];
  /** What the run has to do for each family. */
  readonly does: readonly RegExp[];
  readonly followUps: readonly FollowUp[];
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long old generations stay. */
export const overlap = day;

const rotate = '{ every: 30d, lifetime: 90d, overlap: 24h }';

const does = [/^POST .*\/(robots|(access-)?tokens)$/, /^DELETE .*\/(robots|(access-)?tokens)\//];

/** An `apply` makes what is due; another minute makes other names. */
const applied = { command: ['apply', '-y'], makes: 'what_is_missing' } as const;
const due: readonly FollowUp[] = [
  { ...applied, name: 'run again at once', after: 0 },
  { ...applied, name: 'run again some minutes later', after: 7 * minute },
];

const push: RotatingFamily = {
  kind: 'registry_token',
  address: 'registry_token:team-a/push',
  base: 'push',
  file: 'push.json',
  isAdopted: true,
};
const pull: RotatingFamily = {
  kind: 'registry_token',
  address: 'registry_token:team-a/pull',
  base: 'pull',
  file: 'pull.txt',
  isAdopted: false,
};
const personalPush: RotatingFamily = {
  kind: 'docker_hub_personal_token',
  address: 'docker_hub_personal_token:push',
  base: 'push',
  file: 'personal-push.json',
  isAdopted: true,
};
const personalPull: RotatingFamily = {
  kind: 'docker_hub_personal_token',
  address: 'docker_hub_personal_token:pull',
  base: 'pull',
  file: 'personal-pull.txt',
  isAdopted: false,
};

const robotPush: RotatingFamily = {
  kind: 'harbor_robot',
  address: 'harbor_robot:project/team-a/push',
  base: 'push',
  file: 'robot-push.json',
  isAdopted: true,
};
const robotPull: RotatingFamily = {
  kind: 'harbor_robot',
  address: 'harbor_robot:project/team-a/pull',
  base: 'pull',
  file: 'robot-pull.txt',
  isAdopted: false,
};

/**
 * On each service two families whose newest generation is due, and an old one past its overlap: `push` has generation
 * zero, and `pull` one with a mark.
 */
export const dueFamilies: readonly Rotating[] = [
  dueOn('IONOS', [push, pull]),
  dueOn('Docker Hub', [personalPush, personalPull]),
  dueOn('Harbor', [robotPush, robotPull]),
];

const revoke = ['rotate', '-y', personalPush.address, '--revoke-old'];

/** Two generations that are revoked, though nothing is due. */
export const revokedFamily: Rotating = {
  name: 'a family whose old generations are revoked',
  manifest: manifestOf([personalPush]),
  families: [personalPush],
  history: [{ command: ['apply', '-y'], pause: hour }],
  command: revoke,
  does,
  followUps: [
    { name: 'told again to revoke', after: 0, command: revoke, makes: 'one' },
    { name: 'applied some minutes later', after: 7 * minute, command: ['apply', '-y'], makes: 'none' },
  ],
};

function dueOn(service: string, families: readonly [RotatingFamily, RotatingFamily]): Rotating {
  const [, marked] = families;
  return {
    name: `families on ${service}`,
    manifest: manifestOf(families),
    families,
    history: [
      { command: ['apply', '-y', '--target', marked.address], pause: 30 * day },
      { command: ['apply', '-y'], pause: 30 * day },
    ],
    command: ['apply', '-y'],
    does,
    followUps: due,
  };
}

function manifestOf(families: readonly RotatingFamily[]): string {
  const what = {
    registry_token: (name: string) =>
      `registry: team-a, name: ${name}, scopes: [{ type: repository, name: app, actions: [pull] }]`,
    docker_hub_personal_token: (name: string) => `token_label: ${name}, scopes: [repo:read]`,
    harbor_robot: (name: string) => `project: team-a, name: ${name}, access: [repository:pull]`,
  };
  const entries = families.map(({ kind, base, file }) => {
    const format = file.endsWith('.txt') ? ', format: raw' : '';
    return `  - { kind: ${kind}, ${what[kind](base)}, rotate: ${rotate}, secret: [{ file: { path: ${file}${format} } }] }`;
  });
  return `apiVersion: reconcile/v1\ntokens:\n${entries.join('\n')}\n`;
}
