import type { CustodyRecord } from '../model/custody-record.ts';
import { nameFieldOf } from '../model/field-rules.ts';
import { familyNameOf } from '../model/generation-name.ts';
import { asRecorded, bears, folded } from '../model/granted-values.ts';
import type { Grant, Grants } from '../model/grants.ts';
import type { Observed } from '../model/model.ts';
import type { TokenIndex } from '../model/token-index.ts';
import type { DecisionInput } from './input.ts';
import { sameId } from './ownership.ts';

/** Returns the tokens of an entry as its records know them, by their IDs in lower case; those that differ from what is live. */
export function recordedTokens(
  { desired, recordFor, rules }: Pick<DecisionInput, 'desired' | 'recordFor' | 'rules'>,
  live: TokenIndex,
  grants: (id: string) => Grants | undefined,
): ReadonlyMap<string, Observed> {
  const { name, existing, id, rotation } = desired;
  const own = [name, existing].filter((given) => given !== undefined);
  const records = own.map(recordFor);
  const known = new Map(records.flatMap(namesOnRecord).map((one) => [one.id.toLowerCase(), one]));
  const held = new Set(records.flatMap(heldIds).map((known) => known.toLowerCase()));
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
  // Of tokens that the service gave one name, the others' are those that were asked for under another name.
  const otherName = (token: Observed): string | undefined => {
    const asked = askedFor(token);
    if (asked === undefined || isOwn(asked)) return asked;
    const isLeft = live.byName(token.name).some((one) => one !== token && askedFor(one) === undefined);
    return isLeft ? asked : undefined;
  };
  // A sink alone is little to go by: a pull request can add one. So it tells only of a name in another case, and of a
  // token that the ledger doesn't know under its own name.
  const heldName = (token: Observed): string | undefined => {
    const isKnown = recordFor(token.name).entry?.name === token.name;
    return rotation || isKnown || folded(name ?? '') !== folded(token.name) ? undefined : name;
  };
  const recorded = tokens.map((token) => {
    const key = token.id.toLowerCase();
    const granted = grants(key);
    const onGrant = askedFor(token);
    const asked =
      own.includes(token.name) || token.name === rotation?.base
        ? otherName(token)
        : (askedName(token, nameIn(known.get(key), token), granted) ??
          (onGrant !== undefined && isOwn(onGrant) ? onGrant : undefined));
    if (asked !== undefined) return [token, asRecorded(token, asked, granted)] as const;
    const byName = held.has(key) ? heldName(token) : undefined;
    if (byName === undefined) return [token, asRecorded(token, token.name, granted)] as const;
    // As if it was on record: the plan says so, and doesn't rename the token.
    const nameGrant = { [nameFieldOf(rules)]: { asked: byName, granted: token.name } };
    return [token, asRecorded(token, byName, { ...granted, ...nameGrant })] as const;
  });
  return new Map(
    recorded.filter(([token, own]) => own !== token).map(([{ id }, own]) => [id.toLowerCase(), own]),
  );
}

/**
 * Returns the other name that a token was asked for under, if the service gave it the one that it has now. A grant alone is
 * too little: the creation time has to be on record as well.
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

/** Returns what a record says of its tokens. A record alone is little to go by: others may be able to write it. */
function namesOnRecord({ entry, waiting }: CustodyRecord): readonly NameOnRecord[] {
  return [
    ...(entry?.retire ?? []),
    ...(waiting ? [{ id: waiting.id, name: waiting.attempt.name, created: undefined }] : []),
    ...(entry?.id ? [{ id: entry.id, name: entry.name, created: entry.created }] : []),
  ];
}

/** What a record says of a token; `created` is `undefined` if it doesn't say. */
interface NameOnRecord {
  readonly id: string;
  readonly name: string;
  readonly created: number | null | undefined;
}

/** Returns the name on record of a token; `undefined` if the record is of another one, by its creation time. */
function nameIn(known: NameOnRecord | undefined, { origin }: Observed): string | undefined {
  const isOther = known?.created !== undefined && origin.created !== null && known.created !== origin.created;
  return isOther ? undefined : known?.name;
}

/** The IDs of tokens whose secrets are in sinks: what is known where the ledger is lost. */
function heldIds({ sinkContents }: CustodyRecord): readonly string[] {
  return sinkContents.flatMap(({ holding }) => (typeof holding === 'object' ? [holding.id] : []));
}

/** Returns the name that was asked for a token, if the service gave it the one that it has now; else `undefined`. */
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
