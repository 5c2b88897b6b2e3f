import type { Fields } from '../../src/core/model/token.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import { createRandom } from '../model/random.ts';
import { access, connectTo } from '../support/stand-in/provider/client.ts';
import type { StandInVariant } from '../support/stand-in/provider/fields.ts';
import { kindFor } from '../support/stand-in/provider/kind.ts';
import type { StandInQuirks } from '../support/stand-in/quirks.ts';
import { createStandInService, type StandIn, standInUrl } from '../support/stand-in/service.ts';
import type { StandInSeed, TokenContent } from '../support/stand-in/store.ts';
import { type Contents, type Patch, type Provider, type Running, type Subject, start } from './subject.ts';

const day = 86_400;

const variants: Readonly<Record<string, Partial<StandInQuirks>>> = {
  'pages of two': { pageCap: 2 },
  'lists without a total': { totals: false, pageCap: 2 },
  'no permissions: null': { noPermissions: 'null' },
  'no permissions: left out': { noPermissions: 'absent' },
  'times with milliseconds': { instants: 'milliseconds' },
  'times without a zone': { instants: 'zoneless' },
};

const pull = { scope: '/project', resource: 'repository', action: 'pull' };
const push = { ...pull, action: 'push' };
const list = { ...pull, action: 'list', resource: 'artifact' };

/** The expiry of a token that was created at the start, and lives so many days. */
const after = (days: number): string => formatInstant(start / 1000 + days * day);

/** Returns the provider of an installation. */
export function standInProvider(variant: StandInVariant): Provider {
  return {
    declaration: kindFor(variant),
    access,
    connect: (connection) => connectTo(variant, connection),
  };
}

/** Starts the service in memory. */
export function startStandIn(
  seed: StandInSeed,
  quirks: Partial<StandInQuirks> = {},
  more: Partial<Parameters<typeof createStandInService>[0]> = {},
): Running & { readonly service: StandIn } {
  const random = createRandom(1);
  const service = createStandInService({
    now: () => start,
    hex: (bytes) => random.hex(bytes),
    seed,
    quirks,
    ...more,
  });
  return {
    service,
    baseUrl: standInUrl,
    fetch: (request) => service.fetch(request),
    requests: () => service.requests.map(({ method, path, body }) => ({ what: `${method} ${path}`, body })),
    secrets: () =>
      [...service.store.scope('projects/1').collection.tokens.values()].map(({ secret }) => secret),
    authorizations: {
      valid: 'Bearer emulator',
      invalid: 'Bearer wrong',
      unprivileged: async () => 'Bearer reader',
      limited: 'Bearer limited',
    },
  };
}

/** Returns the contents; tokens without an expiry live for some days, -1 for ever. */
function seedOf({ scopes, tokens }: Contents, usualDays = -1): StandInSeed {
  const content = ({
    name,
    description,
    permissions,
    expires_at: expiry,
    disabled,
  }: Fields): TokenContent => ({
    name: String(name),
    description: String(description ?? ''),
    // Neither in the canonical order nor in one that is kept.
    permissions: (permissions ?? []) as unknown as TokenContent['permissions'],
    days: typeof expiry === 'string' ? (Date.parse(expiry) - start) / 1000 / day : usualDays,
    disabled: disabled === true,
  });
  return {
    projects: scopes.map(({ name }) => name),
    tokens: { 'projects/1': tokens.map(({ id, fields }) => ({ id: Number(id), ...content(fields) })) },
  };
}

const fields = {
  name: 'full',
  description: 'for the pipeline',
  permissions: [list, pull, push],
  expires_at: after(90),
  disabled: true,
};

/** The body that replaces the token of `fields` by one with a few changes. */
function whole(change: object): object {
  const { expires_at: _, ...others } = fields;
  return { ...others, days: 90, ...change };
}

const patches: readonly [Patch, ...Patch[]] = [
  { fields: { disabled: false }, body: whole({ disabled: false }) },
  { fields: { description: '' }, body: whole({ description: '' }) },
  { fields: { permissions: [push] }, body: whole({ permissions: [push] }) },
  { fields: { expires_at: after(30) }, body: whole({ days: 30 }) },
];

const common: Subject = {
  name: 'the stand-in service',
  provider: standInProvider({}),
  start: (contents, variant) => startStandIn(seedOf(contents), variants[variant ?? '']),
  variants: Object.keys(variants),
  scope: { id: 'projects/1', name: 'project/team-a' },
  scopeListing: 'GET /projects',
  resolvesIds: false,
  scopeId: (number) => `projects/${number}`,
  tokenId: String,
  scopeRef: (name) => `project/${name}`,
  changeMethod: 'PUT',
  listed: ['name', 'description', 'permissions', 'expires_at', 'disabled'],
  hidden: ['secret'],
  maker: 'emulator',
  ownIds: false,
  username: (name) => `svc$team-a+${name}`,
  fields,
  needed: {},
  defaults: { description: '', permissions: [], expires_at: 'never', disabled: false },
  patches,
};

/** Tokens of the stand-in service. */
export const standIn: Subject = {
  ...common,
  patches: [...patches, { fields: { expires_at: 'never' }, body: whole({ days: -1 }) }],
  neverExpiring: (name) => ({ fields: { name, expires_at: 'never' }, body: { name } }),
};

/** Tokens of an installation that limits their lifetime, and shows the mark of a create in the description. */
export const standInWithLimits: Subject = {
  ...common,
  name: 'the stand-in service with limits',
  provider: standInProvider({ maxDays: 365, mustExpire: true, marksDescription: true }),
  start: (contents, variant) =>
    startStandIn(seedOf(contents, 30), { ...variants[variant ?? ''], maxDays: 365, mustExpire: true }),
  needed: { expires_at: after(30) },
  defaults: { ...common.defaults, expires_at: after(30) },
};
