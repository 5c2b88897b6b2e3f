import type { CreateAttempt, CustodyRecord, PendingSecret } from '../model/custody-record.ts';
import type { FieldRules } from '../model/field-rules.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import type { TokenIndex } from '../model/token-index.ts';
import { type EvidencePolicy, ownershipByRecord } from './ownership.ts';

/**
 * Returns a record in which the secret recorded with an attempt counts as pending if the token of the attempt can be
 * repaired: it has exactly the name, and it is ours. Only for kinds that are `repairable`.
 */
export function withRepair(
  record: CustodyRecord,
  live: TokenIndex,
  policy: { readonly rules: FieldRules; readonly evidence: EvidencePolicy },
): CustodyRecord {
  const { openAttempts } = record;
  if (record.pendingSecret) return record;
  for (const attempt of openAttempts) {
    if (attempt.chosenSecret === undefined) continue;
    const token = live
      .byName(attempt.name)
      .find((one) => (attempt.renews ? isRenewed(one, attempt) : isRepairable(one, attempt, record, policy)));
    if (!token) continue;
    return {
      ...record,
      openAttempts: openAttempts.filter((other) => other !== attempt),
      pendingSecret: pendingRepair(attempt, token),
    };
  }
  return record;
}

function pendingRepair(attempt: CreateAttempt, { id }: Observed): PendingSecret {
  return { attempt, id, respondedAt: attempt.listedAt, encryptedOnly: false, repairs: true };
}

function isRepairable(
  token: Observed,
  attempt: CreateAttempt,
  { entry, sinkContents }: CustodyRecord,
  policy: Parameters<typeof ownershipByRecord>[2],
): boolean {
  const known = [
    entry?.id,
    ...(entry?.superseded ?? []).map(({ id }) => id),
    ...sinkContents.map(({ holding }) => (typeof holding === 'object' ? holding.id : null)),
  ];
  const own = { entry: undefined, openAttempts: [attempt], pendingSecret: undefined };
  return ownershipByRecord(beforeRepair(token, attempt), own, policy, known) === 'ours';
}

/** Tells whether an attempt renews the secret of a token, which an earlier run has begun. */
export function isRenewed({ id, name }: Observed, attempt: CreateAttempt): boolean {
  const { renews, repairId } = attempt;
  return renews === true && repairId !== undefined && sameId(repairId, id) && attempt.name === name;
}

/** Tells whether an earlier run has begun to renew the secret of a token, and the sinks may still have the old one. */
export function isRenewalPending(token: Observed, { openAttempts, pendingSecret }: CustodyRecord): boolean {
  const begun = pendingSecret ? [...openAttempts, pendingSecret.attempt] : openAttempts;
  return begun.some((attempt) => isRenewed(token, attempt));
}

/** Returns a token as it was before its repair: the secret that we set counts as a change of the token. */
export function beforeRepair(token: Observed, { repairId }: CreateAttempt): Observed {
  if (repairId === undefined || !sameId(repairId, token.id)) return token;
  return { ...token, origin: { ...token.origin, modified: false } };
}
