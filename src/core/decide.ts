import { diff } from './diff.ts';
import type { Problem } from './errors.ts';
import { canonicalFields, type FieldRules } from './fields.ts';
import type { TokenIndex } from './match.ts';
import {
  type Action,
  type Change,
  type Custody,
  type Desired,
  type FieldChange,
  type Fields,
  type Observed,
  type ReplaceOrder,
  type Scope,
  sinkName,
} from './model.ts';

/** All that the decision about one token depends on. */
export interface Situation {
  readonly desired: Desired;
  readonly rules: FieldRules;
  readonly scope: Scope;
  readonly live: TokenIndex;
  /** What is known of a live token's secret. */
  readonly custody: (token: Observed) => Custody;
  /** Seconds since 1970. */
  readonly now: number;
}

type Outcome = Partial<Omit<Change, 'address' | 'kind' | 'source'>> & { action: Action; reason: string };

/** The one thing to do about one token: contract §1.2. */
export function decide(situation: Situation): Change {
  switch (situation.desired.state) {
    case 'present':
      return decidePresent(situation);
    case 'update':
      return decideUpdate(situation);
    case 'absent':
      return decideAbsent(situation);
  }
}

/** The token that an entry is about, were it carried out now: for telling whether two entries share it. */
export function targetsOf({ desired, live }: Pick<Situation, 'desired' | 'live'>): readonly Observed[] {
  if (desired.state === 'present') return desired.name === undefined ? [] : live.named(desired.name);
  const referred = desired.ref === undefined ? [] : live.referred(desired.ref);
  if (referred.length > 0 || desired.state === 'absent' || desired.name === undefined) return referred;
  return live.named(desired.name);
}

/** A change that can't be: nothing is done about this token, and the plan says why. */
export function failed(desired: Desired, error: Problem, id: string | null = null): Change {
  return change(desired, { action: 'error', reason: error.message, id, error: located(desired, error) });
}

function decidePresent(situation: Situation): Change {
  const tokens = targetsOf(situation);
  if (tokens.length > 1) return ambiguous(situation.desired, tokens);
  const [token] = tokens;
  return token ? adjust(situation, token) : create(situation);
}

function decideUpdate(situation: Situation): Change {
  const { desired, live } = situation;
  const tokens = targetsOf(situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (!token) {
    const sought = [desired.ref, desired.name].filter((name) => name !== undefined).join(' nor ');
    return change(desired, {
      action: 'noop',
      reason: 'no such token',
      warnings: [
        `there is no token ${sought} to update in ${desired.scope}; state: update never creates one`,
      ],
    });
  }
  if (desired.name === undefined || desired.name === token.name) return adjust(situation, token);
  const holders = live.named(desired.name);
  if (holders.length > 0) {
    return failed(
      desired,
      {
        code: 'MANIFEST_CONFLICT',
        message: `${token.name} can't be renamed: the name ${desired.name} already belongs to another token (${ids(holders)})`,
        hint: 'choose another name, or declare the other token state: absent first',
      },
      token.id,
    );
  }
  return adjust(situation, token);
}

function decideAbsent(situation: Situation): Change {
  const { desired } = situation;
  const tokens = targetsOf(situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (!token) return change(desired, { action: 'noop', reason: 'there is no such token' });
  return change(desired, {
    action: 'delete',
    id: token.id,
    reason: 'declared absent',
    custody: situation.custody(token),
  });
}

function create(situation: Situation): Change {
  const { desired, rules } = situation;
  const error = blocked(situation) ?? unwritable(rules, desired.fields, situation.now) ?? lost(desired);
  if (error) return failed(desired, error);
  return change(desired, {
    action: 'create',
    reason: 'no token of this name',
    fields: Object.entries(desired.fields)
      .filter(([field]) => !rules[field]?.identity)
      .map(([field, after]) => ({ field, before: null, after })),
    write: desired.fields,
    secret: sinkNames(desired),
    warnings: powerless(desired.fields),
  });
}

/** A live token against what is wanted: nothing, a patch, or a replace. */
function adjust(situation: Situation, token: Observed): Change {
  const { desired, rules, now } = situation;
  const fields = diff(desired.fields, token.fields);
  const custody = situation.custody(token);
  if (fields.length === 0) {
    return change(desired, {
      action: 'noop',
      id: token.id,
      reason: 'as declared',
      custody,
      warnings: undelivered(desired, custody),
    });
  }
  if (fields.some(({ field }) => rules[field]?.change === 'replace'))
    return replace(situation, token, fields);
  const write = Object.fromEntries(fields.map(({ field, after }) => [field, after]));
  const error = unwritable(rules, write, now);
  if (error) return failed(desired, error, token.id);
  return change(desired, {
    action: 'patch',
    id: token.id,
    reason: `${fields.map(({ field }) => field).join(', ')} ${fields.length > 1 ? 'differ' : 'differs'}`,
    fields,
    write,
    custody,
  });
}

function replace(situation: Situation, token: Observed, fields: readonly FieldChange[]): Change {
  const { desired, rules, now } = situation;
  const immutable = fields.map(({ field }) => field).filter((field) => rules[field]?.change === 'replace');
  if (!desired.allowReplace) {
    return failed(
      desired,
      {
        code: 'IMMUTABLE',
        message: `${immutable.join(', ')} of ${token.name} can't be changed: ${fields
          .filter(({ field }) => immutable.includes(field))
          .map(({ before, after }) => `${String(before)} → ${String(after)}`)
          .join(', ')} needs a new token, and allow_replace is false`,
        hint: 'set allow_replace: true to make a new token and delete this one; its secret changes',
      },
      token.id,
    );
  }
  // What the manifest doesn't state is carried over: a replace changes what is declared and nothing else.
  const write = canonicalFields(rules, { ...token.fields, ...desired.fields });
  const order: ReplaceOrder = desired.replaceOrder ?? 'create_first';
  const error = blocked(situation) ?? unwritable(rules, write, now) ?? lost(desired);
  if (error) return failed(desired, error, token.id);
  return change(desired, {
    action: 'replace',
    id: token.id,
    reason: `${immutable.join(', ')} can't be changed in place`,
    fields,
    write,
    secret: sinkNames(desired),
    order,
    custody: situation.custody(token),
    warnings: [
      ...powerless(write),
      ...(order === 'delete_first'
        ? ['short outage: the old token is deleted before the new one is made']
        : []),
    ],
  });
}

function blocked({ desired, scope }: Situation): Problem | undefined {
  if (scope.notReady === undefined) return undefined;
  return {
    code: 'API_REJECTED',
    message: `no token can be made in ${desired.scope} now: ${scope.notReady}`,
    hint: 'wait until the registry is running, and run again',
  };
}

function unwritable(rules: FieldRules, write: Fields, now: number): Problem | undefined {
  for (const [field, value] of Object.entries(write)) {
    const why = rules[field]?.refuse?.(value, now);
    if (why !== undefined) {
      return { code: 'MANIFEST_INVALID', message: `${field}: ${why}`, hint: `state another ${field}` };
    }
  }
  return undefined;
}

function lost(desired: Desired): Problem | undefined {
  if (desired.secret !== undefined) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: 'the secret would be lost: a new token is to be made, and no secret says where its secret goes',
    hint: 'add secret: [{ file: { path: … } }], or secret: discard if that is meant',
  };
}

function powerless(write: Fields): readonly string[] {
  const { scopes } = write;
  return scopes === undefined || (Array.isArray(scopes) && scopes.length === 0)
    ? ['a token without scopes may do nothing']
    : [];
}

function undelivered(desired: Desired, custody: Custody): readonly string[] {
  if (custody === 'held' || !Array.isArray(desired.secret)) return [];
  // Only a sink that says which token it holds can be missed in.
  const sinks = desired.secret.filter(({ format }) => format === 'json').map(sinkName);
  if (sinks.length === 0) return [];
  return [`its secret is not in ${sinks.join(', ')}, and can't be read again from the service`];
}

function ambiguous(desired: Desired, tokens: readonly Observed[]): Change {
  return failed(desired, {
    code: 'AMBIGUOUS',
    message: `${tokens.length} live tokens in ${desired.scope} are called ${desired.name ?? desired.ref}: ${ids(tokens)}`,
    hint: 'delete all but one, or name the one that is meant by its ID with state: update and registry_token',
  });
}

function ids(tokens: readonly Observed[]): string {
  return tokens.map((token) => token.id).join(', ');
}

function sinkNames({ secret }: Desired): readonly string[] | null {
  return Array.isArray(secret) ? secret.map(sinkName) : null;
}

function located(desired: Desired, error: Problem): Problem {
  return error.source ? error : { ...error, source: desired.source };
}

function change(desired: Desired, outcome: Outcome): Change {
  return {
    address: desired.address,
    kind: desired.kind,
    id: null,
    fields: [],
    write: {},
    secret: null,
    order: null,
    custody: null,
    error: null,
    warnings: [],
    source: desired.source,
    ...outcome,
  };
}
