import { expect } from 'vitest';
import type { Fields, Scope } from '../../src/core/model/token.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import type { Seed } from '../../src/emulator/seed.ts';
import { conformingToHarbor, harborBasePath } from './harbor.ts';
import { harborRobots } from './providers.ts';
import { type Contents, type Patch, type Running, type Subject, start, withSortedLists } from './subject.ts';

type HarborQuirks = NonNullable<EmulatorOptions['harborQuirks']>;
type SeedRobot = NonNullable<NonNullable<Seed['harbor']>['robots']>[number];

const day = 86_400;

const variants: Readonly<Record<string, HarborQuirks>> = {
  'another prefix': { prefix: 'bot@' },
  'a prefix that is the beginning of names': { prefix: 'token-' },
  'effects are empty': { effect: 'empty' },
  'effects are allow': { effect: 'allow' },
  'a total that moves once': { movingTotals: 1 },
  'errors of a proxy': { errors: 'proxy' },
  'release 2.10': { version: '2.10' },
  'release 2.12': { version: '2.12' },
  'release 2.13': { version: '2.13' },
  'release 2.14.0': { version: '2.14.0' },
  'release 2.14.1': { version: '2.14.1' },
};

/** Returns the value of a header for Basic authentication. */
export function basic(user: string, password = user): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Returns the expiry of a robot that was created at the start, and lives so many days. */
export const inDays = (days: number): string => formatInstant(start / 1000 + days * day);

/** The project that robots are in; the system if none. */
type Place = string | undefined;

/** Starts Harbor in memory. */
export function startHarbor(
  harbor: Seed['harbor'],
  place: Place,
  options: Omit<EmulatorOptions, 'seed'> = {},
): Running & { readonly emulator: Emulator } {
  const emulator = createEmulator({
    now: () => start,
    ...options,
    seed: { registries: [], harbor: harbor ?? {} },
  });
  return {
    emulator,
    baseUrl: `https://harbor.example${harborBasePath}`,
    fetch: conformingToHarbor(emulator.fetch),
    requests: () =>
      emulator.requests.map(({ method, path, body }) => ({
        what: `${method} ${path.slice(harborBasePath.length).replace(/\?.*/, '')}`,
        body,
      })),
    secrets: () => emulator.harbor.robots(place).map(({ secret }) => secret),
    authorizations: {
      valid: basic('emulator'),
      invalid: basic('emulator', 'wrong'),
      unprivileged: async () => basic('unprivileged'),
    },
  };
}

/** Returns robots with fields of the provider, created at the start. */
function seedRobot({ id, fields }: Contents['tokens'][number], place: Place): SeedRobot {
  const { name, description, access, permissions, disable, expires_at: expiry } = fields;
  const bodyOf = (list: unknown) =>
    (list as readonly string[]).map((text) => {
      const [resource = '', action = ''] = text.split(':');
      return { resource, action, effect: '' };
    });
  const rights =
    place === undefined
      ? (permissions as readonly { kind: string; namespace: string; access: unknown }[] | undefined)
      : access && [{ kind: 'project', namespace: place, access }];
  return {
    name: String(name),
    id: Number(id),
    description: String(description ?? ''),
    disabled: disable === true,
    duration:
      typeof expiry === 'string' && expiry !== 'never' ? (Date.parse(expiry) - start) / 1000 / day : -1,
    ...(rights && { permissions: rights.map((one) => ({ ...one, access: bodyOf(one.access) })) }),
  };
}

function startSubject({ scopes, tokens }: Contents, place: Place, variant?: string): Running {
  const robots = tokens.map((token) => seedRobot(token, place));
  return startHarbor(
    {
      projects: scopes.map(({ name }) => ({ name, robots: name === place ? robots : [] })),
      ...(place === undefined && { robots }),
    },
    place,
    { harborQuirks: variants[variant ?? ''] ?? {} },
  );
}

/** Returns a matcher of a value whose lists may have any order, as those of responses are random. */
function inAnyOrder(value: unknown): unknown {
  const expected = JSON.stringify(withSortedLists(value));
  return expect.toSatisfy((other: unknown) => JSON.stringify(withSortedLists(other)) === expected);
}

const accessBody = (list: readonly string[]): unknown =>
  list.map((text) => ({ resource: text.split(':')[0], action: text.split(':')[1] }));

/** What both levels have in common. The robots are those of the project of this name, or of the system. */
function subjectAt(place: Place, scope: Scope, rights: Fields, fewer: Fields): Subject {
  const fields = {
    name: 'full',
    description: 'for the pipeline',
    ...rights,
    expires_at: inDays(90),
    disable: true,
  };
  const fullName = (name: string): string => `robot$${place === undefined ? '' : `${place}+`}${name}`;
  const bodyRights = (some: Fields): unknown => {
    const permissions = (some['permissions'] ?? [
      { kind: 'project', namespace: place, access: some['access'] },
    ]) as readonly { readonly access: readonly string[] }[];
    return inAnyOrder(permissions.map((one) => ({ ...one, access: accessBody(one.access) })));
  };
  /** The body that replaces the robot of `fields` by one with a few changes. */
  const whole = (change: object): unknown =>
    expect.objectContaining({
      name: fullName('full'),
      level: place === undefined ? 'system' : 'project',
      description: 'for the pipeline',
      disable: true,
      duration: 90,
      permissions: bodyRights(rights),
      ...change,
    });
  const patches: readonly [Patch, ...Patch[]] = [
    { fields: { disable: false }, body: whole({ disable: false }) },
    { fields: { description: '' }, body: whole({ description: '' }) },
    { fields: fewer, body: whole({ permissions: bodyRights(fewer) }) },
    { fields: { expires_at: inDays(30) }, body: whole({ duration: 30 }) },
    { fields: { expires_at: 'never' }, body: whole({ duration: -1 }) },
  ];
  return {
    name: `Harbor's ${place === undefined ? 'system' : 'project'} robots`,
    provider: harborRobots,
    start: (contents, variant) => startSubject(contents, place, variant),
    variants: Object.keys(variants),
    scope,
    scopeListing: 'GET /projects',
    findsScopesByName: true,
    rejectsByStatus: false,
    resolvesIds: false,
    scopeId: (number) => `projects/${number}`,
    tokenId: String,
    scopeRef: (name) => `project/${name}`,
    changeMethod: 'PUT',
    listed: ['name', 'description', 'access', 'permissions', 'disable', 'expires_at'],
    hidden: ['secret'],
    maker: 'local 2',
    ownIds: false,
    username: fullName,
    fields,
    needed: fewer,
    defaults: { description: '', ...fewer, expires_at: 'never', disable: false },
    patches,
    neverExpiring: (name) => ({
      fields: { name, ...fewer, expires_at: 'never' },
      body: {
        name,
        level: place === undefined ? 'system' : 'project',
        duration: -1,
        permissions: bodyRights(fewer),
      },
    }),
  };
}

/** Robots of a project. */
export const projectRobots: Subject = subjectAt(
  'team-a',
  { id: 'projects/1', name: 'project/team-a' },
  { access: ['artifact:list', 'repository:pull', 'repository:push'] },
  { access: ['repository:pull'] },
);

/** Robots of the system level. */
export const systemRobots: Subject = subjectAt(
  undefined,
  { id: 'system', name: 'system' },
  {
    permissions: [
      { kind: 'project', namespace: '*', access: ['artifact:list', 'repository:pull'] },
      { kind: 'project', namespace: 'team-b', access: ['repository:pull', 'repository:push'] },
      { kind: 'system', namespace: '/', access: ['project:list'] },
    ],
  },
  { permissions: [{ kind: 'project', namespace: '*', access: ['repository:pull'] }] },
);
