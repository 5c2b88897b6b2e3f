import { claimedNames } from '../model/claimed-names.ts';
import type { Problem } from '../model/errors.ts';
import { familyResolver } from '../model/generation-name.ts';
import { placeKey } from '../model/sink-place.ts';
import { tokenKey } from '../model/token-id.ts';
import { resolveCandidates } from './candidates.ts';
import { type Claim, groupClaims } from './conflicts.ts';
import type { PlanInput, SeenInput, UnseenInput } from './input.ts';
import { unseenClaimant } from './protection.ts';
import { scopeIdentities } from './scopes.ts';

/** The resources that all entries of a plan claim: tokens, names and docker logins. */
export interface Claims {
  /** The entries that claim a resource of another entry, each with the problem to report for it. */
  readonly conflicts: ReadonlyMap<PlanInput, Problem>;
  /** The entries that could not be observed. */
  readonly unseen: readonly UnseenInput[];
  /** Returns the same key for two inputs with one scope, even if their addresses differ. */
  readonly identity: (input: SeenInput) => string;
  /** Returns the claim of another entry on a token. */
  otherOn(input: SeenInput, id: string): Claim | undefined;
  /** Returns the address of the entry that declares a token by its ID or name: another entry, or else this one. */
  declaredBy(input: SeenInput, token: { readonly id: string; readonly name: string }): string;
}

/** An entry's claim, and its observations. */
type InputClaim = Claim & { readonly input: SeenInput };

/** Collects the claims of all entries. The name of a generation is claimed for its family. */
export function collectClaims(inputs: readonly PlanInput[]): Claims {
  const seen: SeenInput[] = [];
  const unseen: UnseenInput[] = [];
  for (const input of inputs) {
    if ('problem' in input) unseen.push(input);
    else seen.push(input);
  }
  const keys = new Set(seen.map(({ scopeKey }) => scopeKey));
  // A single scope has nothing to be merged with.
  const identity = keys.size > 1 ? scopeIdentities(seen) : ({ scopeKey }: SeenInput): string => scopeKey;
  const families = new Map<string, Set<string>>();
  for (const input of seen) {
    const known = families.get(identity(input)) ?? new Set();
    families.set(identity(input), input.desired.rotation ? known.add(input.desired.rotation.base) : known);
  }
  const claims = seen.map((input): InputClaim => {
    const { desired, logins = [] } = input;
    const { address, source, kind } = desired;
    const familyOf = familyResolver(families.get(identity(input)) ?? new Set());
    const resources = [
      ...claimedNames(desired).map((name) => ({
        key: nameKey(identity(input), familyOf(name)),
        label: `the token ${name}`,
      })),
      ...resolveCandidates(input).map(({ id, name }) => ({
        key: tokenKey(kind, id),
        label: `the token ${name} (${id})`,
      })),
      ...logins.map((login) => ({ key: placeKey(login), label: login.label })),
    ];
    return { address, source, resources, input };
  });
  const { claimants, conflicts } = groupClaims(claims);
  const other = (input: SeenInput, key: string): Claim | undefined =>
    claimants.get(key)?.find((claim) => claim.input !== input);
  return {
    conflicts: new Map([...conflicts].map(([{ input }, problem]) => [input, problem])),
    unseen,
    identity,
    otherOn: (input, id) => other(input, tokenKey(input.desired.kind, id)),
    declaredBy(input, { id, name }) {
      const { desired, scope } = input;
      const claim = other(input, tokenKey(desired.kind, id)) ?? other(input, nameKey(identity(input), name));
      const token = { kind: desired.kind, id, name, scopeId: scope.id };
      return (claim ?? unseenClaimant(unseen, token) ?? desired).address;
    },
  };
}

const nameKey = (scope: string, name: string): string => `name ${scope} ${name}`;
