import { type CustodyRecord, secretsInSinks } from '../model/custody-record.ts';
import { nameFieldOf } from '../model/field-rules.ts';
import { familyNameOf } from '../model/generation-name.ts';
import { asRecorded, bears, folded } from '../model/granted-values.ts';
import type { Grant, Grants } from '../model/grants.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import type { TokenIndex } from '../model/token-index.ts';
import type { DecisionInput } from './input.ts';

/**
 * Returns an entry's tokens with their recorded data, by their IDs in lower case. Only those that differ from the live
 * ones.
 */
export function recordedTokens(
  { desired, recordFor, rules }: Pick<DecisionInput, 'desired' | 'recordFor' | 'rules'>,
  live: TokenIndex,
  grants: (id: string) => Grants | undefined,
): ReadonlyMap<string, Observed> {
  const { name, existing, id, rotation } = desired;
  const own = [name, existing].filter((given) => given !== undefined);
  const records = own.map(recordFor);
  const known = new Map(records.flatMap(namesOnRecord).map((one) => [one.id.toLowerCase(), one]));
  // The sinks show the tokens even if the ledger is lost.
  const held = new Set(records.flatMap(secretsInSinks).map((one) => one.id.toLowerCase()));
  const tokens = [
    ...[...known.keys(), ...held, ...(id === undefined ? [] : [id])].map(live.byId),
    ...own.flatMap(live.byNameOrId),
    // By the names that a service may have given them.
    ...own.flatMap(live.alike),
    ...(rotation ? [rotation.base, folded(rotation.base)].flatMap(live.generationsOf) : []),
  ].filter((token) => token !== undefined);
  const identity = nameFieldOf(rules);
  const isOwn = (asked: string): boolean =>
    own.includes(asked) || (rotation !== undefined && familyNameOf(asked) === rotation.base);
  const askedFor = (token: Observed): string | undefined =>
    nameAskedFor(token, grants(token.id.toLowerCase())?.[identity], recordFor);
  // If the service gave several tokens the same name, those requested under another name belong to other entries.
  const otherName = (token: Observed): string | undefined => {
    const asked = askedFor(token);
    if (asked === undefined || isOwn(asked)) return asked;
    const isLeft = live.byName(token.name).some((one) => one !== token && askedFor(one) === undefined);
    return isLeft ? asked : undefined;
  };
  // A sink alone is weak evidence, as a pull request can add one. It counts only for a name in another case, and for a
  // token that the ledger doesn't know under its own name.
  const heldName = (token: Observed): string | undefined => {
    const isKnown = recordFor(token.name).entry?.name === token.name;
    if (rotation || isKnown || name === token.name) return undefined;
    return folded(name ?? '') === folded(token.name) ? name : undefined;
  };
  const recorded = [...new Set(tokens)].map((token) => {
    const key = token.id.toLowerCase();
    const granted = grants(key);
    // Most tokens have the name of their entry, and no records that differ.
    if (granted === undefined && !held.has(key) && own.includes(token.name)) return [token, token] as const;
    const onGrant = askedFor(token);
    const asked =
      own.includes(token.name) || token.name === rotation?.base
        ? otherName(token)
        : (askedName(token, nameIn(known.get(key), token), granted) ??
          (onGrant !== undefined && isOwn(onGrant) ? onGrant : undefined));
    if (asked !== undefined) return [token, asRecorded(token, asked, granted)] as const;
    const byName = held.has(key) ? heldName(token) : undefined;
    if (byName === undefined) return [token, asRecorded(token, token.name, granted)] as const;
    // Treats the name as granted, so that the plan reports it and doesn't rename the token.
    const nameGrant = { [nameFieldOf(rules)]: { asked: byName, granted: token.name } };
    return [token, asRecorded(token, byName, { ...granted, ...nameGrant })] as const;
  });
  return new Map(
    recorded
      .filter(([token, changed]) => changed !== token)
      .map(([token, changed]) => [token.id.toLowerCase(), changed]),
  );
}

/**
 * Returns the other name that a token was requested under, if the service changed that to the present one. A grant alone is
 * not enough: the creation time has to be recorded as well.
 */
function nameAskedFor(
  token: Observed,
  grant: Grant | undefined,
  record: (name: string) => CustodyRecord,
): string | undefined {
  const asked = grant?.asked;
  if (grant === undefined || typeof asked !== 'string') return undefined;
  const isKnown =
    (grant.created !== undefined && grant.created === token.origin.created) ||
    namesOnRecord(record(asked)).some((one) => sameId(one.id, token.id) && nameIn(one, token) !== undefined);
  return isKnown ? askedName(token, asked, { name: grant }) : undefined;
}

/** Returns the recorded names of tokens. A record alone is weak evidence, as others may be able to write it. */
function namesOnRecord({ entry, pendingSecret }: CustodyRecord): readonly NameOnRecord[] {
  return [
    ...(entry?.superseded ?? []),
    ...(pendingSecret
      ? [{ id: pendingSecret.id, name: pendingSecret.attempt.name, created: undefined }]
      : []),
    ...(entry?.id ? [{ id: entry.id, name: entry.name, created: entry.created }] : []),
  ];
}

/** The recorded name of a token; `created` is `undefined` if the record doesn't have it. */
interface NameOnRecord {
  readonly id: string;
  readonly name: string;
  readonly created: number | null | undefined;
}

/** Returns the recorded name of a token; `undefined` if the creation time shows that the record is of another token. */
function nameIn(known: NameOnRecord | undefined, { origin }: Observed): string | undefined {
  const isOther = known?.created !== undefined && origin.created !== null && known.created !== origin.created;
  return isOther ? undefined : known?.name;
}

/** Returns the name that a token was requested under, if the service changed that to the present one; else `undefined`. */
export function askedName(
  token: Observed,
  asked: string | undefined,
  granted: Grants | undefined,
): string | undefined {
  if (asked === undefined || asked === token.name || !bears(token, asked)) return undefined;
  const isOnRecord = Object.values(granted ?? {}).some(
    (grant) => grant.asked === asked && grant.granted === token.name,
  );
  return isOnRecord ? asked : undefined;
}
