import {
  type CreateAttempt,
  type CustodyRecord,
  emptyRecord,
  type LedgerEntry,
} from '../../src/core/model/custody-record.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import { canonicalizeFields } from '../../src/core/model/field-rules.ts';
import { sinkName } from '../../src/core/model/sink.ts';
import type { FileSink } from '../../src/core/model/sinks/file.ts';
import {
  addressOf,
  type Fields,
  type Kind,
  type Observed,
  type Provenance,
  type Scope,
} from '../../src/core/model/token.ts';
import { indexTokens } from '../../src/core/model/token-index.ts';
import type { ScopeQuota } from '../../src/core/model/token-kind.ts';
import type { DecisionInput } from '../../src/core/plan/input.ts';
import { type RegistryTokenFields, registryTokenRules } from '../../src/providers/ionos/fields.ts';
import { kindOf } from '../../src/providers/registry.ts';

/** 1 January 2026. */
export const now = Date.UTC(2026, 0, 1) / 1000;

export const scope: Scope = { id: 'registry-1', name: 'team-a' };

export const sink: FileSink = {
  type: 'file',
  path: 'secrets/token.json',
  layout: { format: 'json' },
  mode: 0o600,
  age: [],
  folder: '/manifests',
  within: ['/manifests'],
};

export const pullApp = { type: 'repository', name: 'app', actions: ['pull'] };

/** A token of the listing, made a day ago by us. It has every field, as the API shows it. */
export function token(
  id: string,
  name: string,
  fields: RegistryTokenFields = {},
  origin: Partial<Provenance> = {},
): Observed {
  return {
    id,
    name,
    fields: canonicalizeFields(registryTokenRules, {
      scopes: [pullApp],
      expiry_date: 'never',
      status: 'enabled',
      ...fields,
      name,
    }),
    origin: {
      created: now - 86_400,
      createdBy: 'us',
      userAgent: null,
      modified: false,
      ...origin,
    },
    object: {},
  };
}

/** What a test says of an entry; the rest is as if the manifest left it out. */
export type Entry = Partial<Omit<Desired, 'fields'>> & { readonly fields?: RegistryTokenFields };

/** An entry of a manifest. Its secret goes to a file, so that it may be created. */
export function entry({ fields, ...given }: Entry): Desired {
  const registry = given.scope ?? 'team-a';
  const wanted = { ...(given.name !== undefined && { name: given.name }), ...fields };
  const place = { scope: registry, place: registry };
  return entryOf('registry_token', { ...place, ...given }, wanted);
}

/** An entry of any kind; `fields` hold its name, if it has one. */
export function entryOf(
  kind: Kind,
  given: Partial<Desired> & Pick<Desired, 'scope' | 'place'>,
  fields: Fields,
): Desired {
  const { rules, idField } = kindOf(kind);
  return {
    address: addressOf(kind, given.scope, given.name ?? given.existing ?? given.id ?? ''),
    kind,
    state: 'present',
    idField,
    createWith: 'post',
    allowReplace: false,
    protected: false,
    wait: true,
    waitTimeoutSeconds: 600,
    secret: [sink],
    connection: { sources: {}, folder: '/manifests', within: ['/manifests'] },
    source: { file: 'tokens.yaml', line: 3, column: 5 },
    ...given,
    fields: given.state === 'absent' ? {} : canonicalizeFields(rules, fields),
  };
}

/** An attempt of ours at `ci`, begun a minute ago and over by now. */
export function attempt(more: Partial<CreateAttempt> = {}): CreateAttempt {
  return {
    nonce: 'nonce-1',
    order: null,
    key: '0'.repeat(32),
    kind: 'registry_token',
    address: 'registry_token:team-a/ci',
    scope: { id: 'registry-1', name: 'team-a' },
    name: 'ci',
    id: null,
    fields: { name: 'ci', scopes: [pullApp] },
    sinks: [sink],
    seen: [],
    listedAt: now - 60,
    deadline: now - 29,
    old: null,
    ...more,
  };
}

/** What the ledger says of a token whose secret is in all sinks. */
export function held({ id, name, origin }: Observed, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    address: `registry_token:team-a/${name}`,
    kind: 'registry_token',
    name,
    id,
    created: origin.created,
    createdBy: 'us',
    delivered: { [sinkName(sink)]: '2025-12-31T00:00:00Z' },
    retire: [],
    doubts: [],
    ...more,
  };
}

/** What a test says of the world around an entry; every live token is held unless it says otherwise. */
export interface World {
  /** The service's time, in seconds since 1970; ours unless given. */
  readonly listedAt?: number;
  readonly scope?: Scope;
  readonly scopeKey?: string;
  /** How many tokens the scope takes. */
  readonly limit?: ScopeQuota;
  readonly uniqueNames?: boolean;
  readonly remake?: boolean;
  readonly revoke?: boolean;
  readonly strict?: boolean;
  /** Who the run is signed in as. */
  readonly user?: string;
  /** Who is known to have made tokens of ours. */
  readonly makers?: readonly string[];
  /** The tokens that the entry can mean, where they are not the listed ones. */
  readonly live?: readonly Observed[];
  readonly record?: (name: string) => Partial<CustodyRecord>;
}

/** An entry with what was observed for it. */
export function situation(
  desired: Desired,
  tokens: readonly Observed[],
  world: World = {},
): DecisionInput & { readonly scopeKey: string; readonly limit: ScopeQuota | undefined } {
  const { kind } = desired;
  const { rules, uniqueNames } = kindOf(kind);
  const allHeld = (name: string): Partial<CustodyRecord> => {
    const known = tokens.find((listed) => listed.name === name);
    return known
      ? {
          entry: held(known, { kind, address: addressOf(kind, desired.scope, name) }),
          sinkContents: [{ sink: sinkOf(desired), holding: { id: known.id } }],
        }
      : {};
  };
  return {
    desired,
    rules,
    uniqueNames: world.uniqueNames ?? uniqueNames,
    scope: world.scope ?? scope,
    live: indexTokens((world.live ?? tokens).filter(({ generated }) => !generated)),
    listed: indexTokens(tokens),
    recordFor: (name) => ({ ...emptyRecord, ...(world.record ?? allHeld)(name) }),
    evidence: { grace: 30, proofOnly: world.strict ?? false, knownCreators: new Set(world.makers) },
    listedAt: world.listedAt ?? now,
    user: world.user ?? '',
    now,
    forceReplace: world.remake ?? false,
    revokeOld: world.revoke ?? false,
    scopeKey: world.scopeKey ?? (world.scope ?? scope).id,
    limit: world.limit,
  };
}

function sinkOf({ secret }: Desired): FileSink {
  const [first] = Array.isArray(secret) ? secret : [];
  return first?.type === 'file' ? first : sink;
}
