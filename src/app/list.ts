import equal from 'fast-deep-equal';
import { type LedgerEntry, recordKey } from '../core/model/custody-record.ts';
import { type Problem, ReconcileError, ReconcileErrors, toProblem } from '../core/model/errors.ts';
import { type FieldRules, hasField } from '../core/model/field-rules.ts';
import { familyNameOf } from '../core/model/generation-name.ts';
import { asRecorded } from '../core/model/granted-values.ts';
import type { Grants } from '../core/model/grants.ts';
import { addressOf, type Kind, type Observed, type Scope } from '../core/model/token.ts';
import { type IdRange, isSameToken, sameId } from '../core/model/token-id.ts';
import { levelOf, namedScopes, scopeFields, type TokenKind } from '../core/model/token-kind.ts';
import { custodyFromRecord } from '../core/plan/custody.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import { deliveredAt } from '../core/plan/rotation/delivery.ts';
import { createdAt, expiresAt, rotationBy, rotationDueAt } from '../core/plan/rotation/lifetime.ts';
import { compareCodeUnits, type JsonObject } from '../core/util/json.ts';
import { grantsIn, knownCreators, loadRecord } from '../custody/state/records.ts';
import type { State } from '../custody/state/state.ts';
import type { LiveToken } from '../manifest/adopt.ts';
import type { Client } from '../providers/provider.ts';
import { tokenKinds } from '../providers/registry.ts';
import { type Connections, connectAll } from './connections.ts';
import { environmentConnection, hasCredentials } from './credentials.ts';
import type { Runtime } from './runtime.ts';

/** A generation of a family. All times in seconds since 1970. */
export interface GenerationInfo {
  /** The address of the family. */
  readonly address: string;
  readonly madeAt?: number;
  /** The time when its successor is due; only for the newest generation, and if recorded. */
  readonly due?: number;
  /** The time until which an old generation stays, if recorded. */
  readonly until?: number;
}

/** A live token, as `reconcile list` shows it. */
export interface ListedToken extends LiveToken {
  readonly address: string;
  /** The range of its ID. */
  readonly range: IdRange;
  /** The fields that name the scope in a manifest. */
  readonly scopeFields: JsonObject;
  /** The fields that tokens of its level of scopes don't have. */
  readonly absent?: readonly string[];
  /** In seconds since 1970; `null` for never. Absent if the service doesn't report it. */
  readonly lastUsed?: number | null;
  readonly token: Observed;
  /** Its place in its family, if it is a generation. */
  readonly generation?: GenerationInfo;
  readonly object: JsonObject;
}

/** The tokens to list. */
export interface ListSelection {
  /** None means all services that the environment has credentials for and whose scopes can be found. */
  readonly kinds: readonly Kind[];
  /** Scopes as given, by the field that names them in a manifest; none means all scopes of the account. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
}

/** Live tokens, and the problems with scopes that could not be read. */
export interface Listed {
  /** Sorted by address. */
  readonly tokens: readonly ListedToken[];
  /** The reasons why some scopes are missing. */
  readonly problems: readonly Problem[];
}

/**
 * Lists all live tokens of the selection. A scope that can't be read is reported and doesn't stop the others. Throws
 * if no scope can be read, and if credentials are refused.
 */
export async function listTokens(
  connections: Connections,
  selection: ListSelection,
  state: State,
  { env }: Pick<Runtime, 'env'>,
  signal: AbortSignal,
): Promise<Listed> {
  const evidence: EvidencePolicy = { grace: 0, proofOnly: false, knownCreators: knownCreators(state) };
  const chosen = chooseKinds(selection, env);
  const wanted = chosen.map(({ kind }) => ({ kind, connection: environmentConnection }));
  const clients = await connectAll(connections, wanted);
  const problems: Problem[] = [];
  let read = 0;
  /** Does a part of the work; reports its errors. */
  const part = async <T>(work: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work;
    } catch (error) {
      signal.throwIfAborted();
      const problem = toProblem(error);
      if (problem.httpStatus === 401 || problem.code === 'USAGE') throw error;
      // Two kinds can have the same scopes.
      if (!problems.some((other) => equal(other, problem))) problems.push(problem);
      return [];
    }
  };
  const lists = await Promise.all(
    chosen.map(async (declaration, index) => {
      const client = clients[index];
      if (!client) return [];
      const list = async (found: FoundScope): Promise<readonly ListedToken[]> => {
        const listed = await listScope(client, declaration, found, state, evidence, signal);
        read += 1;
        return listed;
      };
      const scopes = await part(scopesOf(client, declaration, selection, part, signal));
      return (await Promise.all(scopes.map((found) => part(list(found))))).flat();
    }),
  );
  if (read === 0 && problems.length > 0) throw new ReconcileErrors(problems);
  const tokens = lists
    .flat()
    .sort((a, b) => compareCodeUnits(a.address, b.address) || compareCodeUnits(a.id, b.id));
  return { tokens, problems };
}

type Part = <T>(work: Promise<readonly T[]>) => Promise<readonly T[]>;

interface FoundScope {
  readonly scope: Scope;
  /** The scope as given, or its name. */
  readonly written: string;
}

/**
 * Returns the selected kinds; naming a scope selects its kind. Kinds of several services can have scopes of one field: those
 * without credentials are left out, unless there are none.
 */
function chooseKinds({ kinds, scopes }: ListSelection, env: Runtime['env']): readonly TokenKind[] {
  if (kinds.length > 0) return tokenKinds.filter(({ kind }) => kinds.includes(kind));
  const named = tokenKinds.filter((declaration) => namedScopes(declaration, scopes).length > 0);
  if (named.length > 0) {
    const usable = named.filter(({ service }) => hasCredentials(service, env, true));
    return usable.length > 0 ? usable : named;
  }
  // Variables that other programs share count only if no others are set: they may not be for reconcile.
  const known = [false, true].map((shared) =>
    tokenKinds.filter(({ service }) => hasCredentials(service, env, shared)),
  );
  // Without any credentials, each service reports what is missing.
  return known.find(({ length }) => length > 0) ?? tokenKinds;
}

async function scopesOf(
  client: Client,
  declaration: TokenKind,
  { kinds, scopes }: ListSelection,
  part: Part,
  signal: AbortSignal,
): Promise<readonly FoundScope[]> {
  const { kind, levels } = declaration;
  const named = namedScopes(declaration, scopes);
  if (named.length > 0) {
    const resolve = async (ref: string): Promise<readonly FoundScope[]> => [
      { scope: await client.resolve(ref, signal), written: ref },
    ];
    const resolved = (await Promise.all(named.map((ref) => part(resolve(ref))))).flat();
    // One may be named twice, by its ID and by its name.
    return resolved.filter(
      ({ scope }, index) => resolved.findIndex((other) => sameId(other.scope.id, scope.id)) === index,
    );
  }
  const found = await client.scopes(signal);
  if (found && levels.length === 0) return found.map((scope) => ({ scope, written: '' }));
  if (found) {
    return Promise.all(
      found.map(async (scope) => ({ scope, written: await referenceTo(scope, client, signal) })),
    );
  }
  if (!kinds.includes(kind)) return [];
  throw new ReconcileError({
    code: 'USAGE',
    message: `${kind}: the API can't list every ${levels.map(({ field }) => field).join(' or ')}`,
    hint: `pass ${levels.map(({ field }) => `--${field}`).join(' or ')} (repeatable)`,
  });
}

/** Returns a scope's name if a manifest can refer to it by name; else its ID. */
async function referenceTo({ id, name }: Scope, client: Client, signal: AbortSignal): Promise<string> {
  if (name === '') return id;
  try {
    return sameId((await client.resolve(name, signal)).id, id) ? name : id;
  } catch (error) {
    if (error instanceof ReconcileError && error.code === 'AMBIGUOUS') return id;
    throw error;
  }
}

async function listScope(
  client: Client,
  declaration: TokenKind,
  { scope, written }: FoundScope,
  state: State,
  evidence: EvidencePolicy,
  signal: AbortSignal,
): Promise<readonly ListedToken[]> {
  const { kind, rules } = declaration;
  const level = levelOf(declaration, written, scope);
  const absent = Object.keys(rules).filter((field) => !hasField(rules, field, level?.field));
  const { tokens: listed } = await client.list(scope, signal);
  // A token that is listed but not found was just deleted or created: it stays as listed.
  const whole = listed.map(async (token) =>
    token.partial ? ((await client.read(scope, token.id, signal)) ?? token) : token,
  );
  const range = { kind, account: client.account };
  const retired = retiredIn(state, range, listed);
  return (await Promise.all(whole)).map((token) => {
    const { id, name, fields, object, origin, generated, expired } = token;
    const record = loadRecord(state, recordKey(kind, client.account, scope.id, name), range, [id]);
    return {
      address: addressOf(kind, written, name),
      kind,
      range,
      id,
      scope: written,
      ...(level && { level: level.field }),
      scopeFields: scopeFields(level, written),
      name,
      custody: custodyFromRecord(token, record, rules, evidence),
      fields,
      ...(absent.length > 0 && { absent }),
      ...(generated && { generated }),
      ...(expired && { expired }),
      ...(retired.has(id.toLowerCase()) && { retired: true }),
      ...(origin.lastUsed !== undefined && { lastUsed: origin.lastUsed }),
      token,
      ...generationOf(
        token,
        rules,
        (base) =>
          state.ledger.entry(recordKey(kind, client.account, scope.id, base)) ??
          state.ledger.findByTokenId(range, [id])?.entry,
        grantsIn(state, range, id),
      ),
      object,
    };
  });
}

/** Returns the place of a token in its family, if the ledger knows it as a generation. */
function generationOf(
  token: Observed,
  rules: FieldRules,
  recorded: (base: string) => LedgerEntry | undefined,
  granted: Grants | undefined,
): { readonly generation?: GenerationInfo } {
  const entry = recorded(familyNameOf(token.name) ?? token.name);
  if (!entry?.rotation) return {};
  const { rotation } = entry;
  const made = createdAt(token);
  const isNewest = entry.id ? sameId(entry.id, token.id) : false;
  const due = isNewest
    ? rotationDueAt(
        rotationBy(rotation, asRecorded(token, token.name, granted), { rules }),
        made,
        expiresAt(token, { rules }),
      )
    : undefined;
  const handedOver = deliveredAt(entry);
  const until = !isNewest && typeof handedOver === 'number' ? handedOver + rotation.overlap : undefined;
  return {
    generation: {
      address: entry.address,
      ...(made !== undefined && { madeAt: made }),
      ...(due !== undefined && { due }),
      ...(until !== undefined && { until }),
    },
  };
}

/** Returns the IDs, in lower case, of tokens that were replaced, if their replacements are live. */
function retiredIn({ ledger }: State, range: IdRange, listed: readonly Observed[]): ReadonlySet<string> {
  const live = new Set(listed.map(({ id }) => id.toLowerCase()));
  return new Set(
    [...ledger.entries().values()]
      .filter(
        (entry) =>
          entry.id !== null &&
          live.has(entry.id.toLowerCase()) &&
          isSameToken({ ...entry, id: entry.id }, { ...range, id: entry.id }),
      )
      .flatMap(({ superseded }) => superseded.map(({ id }) => id.toLowerCase())),
  );
}
