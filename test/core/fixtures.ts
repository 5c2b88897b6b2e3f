import type { CreateAttempt, CustodyRecord, LedgerEntry } from '../../src/core/model/custody-record.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import { canonicalizeFields } from '../../src/core/model/field-rules.ts';
import type { Inability } from '../../src/core/model/inability.ts';
import type { Change } from '../../src/core/model/plan.ts';
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
import type { ScopeQuota, TokenKind } from '../../src/core/model/token-kind.ts';
import { classify } from '../../src/core/plan/classify.ts';
import { decide as decideBy } from '../../src/core/plan/decide.ts';
import type { DecisionInput } from '../../src/core/plan/input.ts';
import { type RegistryTokenFields, registryTokenRules } from '../../src/providers/ionos/fields.ts';
import { kindOf } from '../../src/providers/registry.ts';

/** The record of an unknown name. */
export const emptyRecord: CustodyRecord = {
  entry: undefined,
  openAttempts: [],
  pendingSecret: undefined,
  lastApplied: undefined,
  sinkContents: [],
};

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

/** Returns a listed token, created a day ago by us, with every field that the API shows. */
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
      requestMark: null,
      modified: false,
      ...origin,
    },
    object: {},
  };
}

/** The parts of an entry that a test sets; the manifest leaves out the rest. */
export type Entry = Partial<Omit<Desired, 'fields'>> & { readonly fields?: RegistryTokenFields };

/** Returns an entry of a manifest. Its secret goes to a file, so it can be created. */
export function entry({ fields, ...given }: Entry): Desired {
  const registry = given.scope ?? 'team-a';
  const wanted = { ...(given.name !== undefined && { name: given.name }), ...fields };
  const place = { scope: registry, place: registry };
  return entryOf('registry_token', { ...place, ...given }, wanted);
}

/** Returns an entry of any kind; `fields` hold its name, if it has one. */
export function entryOf(
  kind: Kind,
  given: Partial<Desired> & Pick<Desired, 'scope' | 'place'>,
  fields: Fields,
  { rules, idField }: Pick<TokenKind, 'rules' | 'idField'> = kindOf(kind),
): Desired {
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

/** Returns an attempt to create `ci`, begun a minute ago and over by now. */
export function attempt(more: Partial<CreateAttempt> = {}): CreateAttempt {
  return {
    nonce: 'nonce-1',
    replaceOrder: null,
    key: '0'.repeat(32),
    kind: 'registry_token',
    address: 'registry_token:team-a/ci',
    scope: { id: 'registry-1', name: 'team-a' },
    name: 'ci',
    id: null,
    fields: { name: 'ci', scopes: [pullApp] },
    sinks: [sink],
    knownIds: [],
    listedAt: now - 60,
    deadline: now - 29,
    replaces: null,
    ...more,
  };
}

/** Returns the ledger entry of a token whose secret is in all sinks. */
export function held({ id, name, origin }: Observed, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    address: `registry_token:team-a/${name}`,
    kind: 'registry_token',
    name,
    id,
    created: origin.created,
    createdBy: 'us',
    delivered: { [sinkName(sink)]: '2025-12-31T00:00:00Z' },
    superseded: [],
    unresolved: [],
    ...more,
  };
}

/** The inputs of a decision that a test can set; every live token is held by default. */
export interface FixtureOptions {
  /** The service's time, in seconds since 1970; `now` by default. */
  readonly listedAt?: number;
  readonly scope?: Scope;
  readonly scopeKey?: string;
  /** The maximum number of tokens of the scope. */
  readonly limit?: ScopeQuota;
  readonly uniqueNames?: boolean;
  /** The things that the signed-in credential can't do. */
  readonly inabilities?: readonly Inability[];
  /** The kind of the entry, if it isn't registered. */
  readonly tokenKind?: TokenKind;
  readonly forceReplace?: boolean;
  readonly revokeOld?: boolean;
  readonly proofOnly?: boolean;
  /** The user that the run is signed in as. */
  readonly user?: string;
  /** The users known to have created our tokens. */
  readonly knownCreators?: readonly string[];
  /** The tokens that the entry can match, if not all listed ones. */
  readonly live?: readonly Observed[];
  readonly record?: (name: string) => Partial<CustodyRecord>;
}

/** Returns the input of a decision: an entry with its observed tokens and records. */
export function inputFor(
  desired: Desired,
  tokens: readonly Observed[],
  options: FixtureOptions = {},
): DecisionInput & { readonly scopeKey: string; readonly limit: ScopeQuota | undefined } {
  const { kind } = desired;
  const { rules, uniqueNames } = options.tokenKind ?? kindOf(kind);
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
    uniqueNames: options.uniqueNames ?? uniqueNames,
    scope: options.scope ?? scope,
    inabilities: options.inabilities ?? [],
    live: indexTokens((options.live ?? tokens).filter(({ generated }) => !generated)),
    listed: indexTokens(tokens),
    recordFor: (name) => ({ ...emptyRecord, ...(options.record ?? allHeld)(name) }),
    evidence: {
      grace: 30,
      proofOnly: options.proofOnly ?? false,
      knownCreators: new Set(options.knownCreators),
    },
    listedAt: options.listedAt ?? now,
    user: options.user ?? '',
    now,
    forceReplace: options.forceReplace ?? false,
    revokeOld: options.revokeOld ?? false,
    scopeKey: options.scopeKey ?? (options.scope ?? scope).id,
    limit: options.limit,
  };
}

/** The change that is decided for one entry alone. */
export function decide(input: DecisionInput): Change {
  return decideBy(classify(input)).change;
}

function sinkOf({ secret }: Desired): FileSink {
  const [first] = Array.isArray(secret) ? secret : [];
  return first?.type === 'file' ? first : sink;
}
