import { type CustodyRecord, secretsInSinks, unresolvedAttempts } from '../model/custody-record.ts';
import { sinksOf } from '../model/entry-sinks.ts';
import type { Problem } from '../model/errors.ts';
import type { FieldRules } from '../model/field-rules.ts';
import { oldLoginWarning } from '../model/login-name.ts';
import { isReadBackable, type Sink, sinkLabel, sinkName } from '../model/sink.ts';
import type { Custody, Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import { formatInstant } from '../util/instant.ts';
import type { DecisionInput } from './input.ts';
import { type EvidencePolicy, ownershipByRecord } from './ownership.ts';
import { isRenewalPending } from './repair.ts';

/** The custody of a live token's secret, and the consequences. */
export interface CustodyAssessment {
  readonly custody: Custody;
  /** Warnings for the user. */
  readonly warnings: readonly string[];
  /** The sinks that lack the secret, and the one that it can be read from. */
  readonly backfill?: { readonly from: Sink; readonly sinks: readonly Sink[] };
  /** Present if the token must not be changed: the reason. */
  readonly problem?: Problem;
}

/** Assesses the secret of a live token by the ledger, the spool and the sinks: docs/create-protocol.md, steps 15 to 18. */
export function assessCustody(token: Observed, input: DecisionInput): CustodyAssessment {
  const record = input.recordFor(token.name);
  const { entry } = record;
  const inSinks = secretsInSinks(record);
  const inSink = inSinks.some(({ id }) => sameId(id, token.id));
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const sinks = sinksOf(input.desired);

  const other = inSinks.find(({ id }) => !sameId(id, token.id));
  if (byLedger && other)
    return { ...nothingKnown, custody: 'held', problem: sinkOverwrittenProblem(token, other.sink) };
  if (byLedger || inSink) {
    const coverage = sinkCoverage(token, record, sinks);
    const stale = oldLoginWarning(token, record, input.desired);
    return stale === undefined ? coverage : { ...coverage, warnings: [...coverage.warnings, stale] };
  }

  const ownership = ownershipByRecord(token, record, input);
  if (ownership === 'ours') return { ...nothingKnown, custody: 'undelivered' };
  const until = ownership === 'unknown' ? ownershipOpenUntil(record, input) : undefined;
  if (until !== undefined) return { ...nothingKnown, problem: ownershipUnknownProblem(token, input, until) };
  if (entry?.id && !input.live.byId(entry.id)) {
    return { ...nothingKnown, problem: nameTakenProblem(token, entry.id, input) };
  }
  return {
    custody: 'unknown',
    warnings:
      sinks.length === 0
        ? []
        : [
            `the secret is unknown, so it can't be delivered to ${names(sinks)}, and the service doesn't show it again; to recreate the token, run reconcile apply --replace ${input.desired.address}`,
          ],
  };
}

/** Assesses the secret of a live token without a manifest, and so without sinks. */
export function custodyFromRecord(
  token: Observed,
  record: CustodyRecord,
  rules: FieldRules,
  evidence: EvidencePolicy,
): Custody {
  const { entry, pendingSecret } = record;
  if (isRenewalPending(token, record)) return 'undelivered';
  if (entry?.id && sameId(entry.id, token.id)) return 'held';
  if (pendingSecret && sameId(pendingSecret.id, token.id)) return 'undelivered';
  return ownershipByRecord(token, record, { rules, evidence }) === 'ours' ? 'undelivered' : 'unknown';
}

const nothingKnown: CustodyAssessment = { custody: 'unknown', warnings: [] };

/** Returns the custody of a delivered token, with the sinks that still lack its secret. */
export function sinkCoverage(
  token: Observed,
  record: CustodyRecord,
  sinks: readonly Sink[],
): CustodyAssessment {
  const { entry } = record;
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const own = secretsInSinks(record).filter(({ id }) => sameId(id, token.id));
  const holds = (sink: Sink): boolean => own.some((known) => known.sink === sink);
  const delivered = (sink: Sink): boolean => byLedger && entry?.delivered[sinkName(sink)] !== undefined;
  const isRecorded = typeof entry?.id === 'string';
  // Without a record, sinks that can't be read are assumed to have been filled together with those that can.
  const lacking = sinks.filter((sink) =>
    isReadBackable(sink) ? !holds(sink) : isRecorded && !delivered(sink),
  );
  const from = sinks.find((sink) => holds(sink));
  if (lacking.length === 0) return { custody: 'held', warnings: [] };
  if (from) return { custody: 'held', warnings: [], backfill: { from, sinks: lacking } };
  const lost = lacking.some(delivered);
  return {
    custody: lost ? 'missing' : 'held',
    warnings: [
      `${names(lacking)} ${lost ? 'no longer has' : 'lacks'} the secret, and the service doesn't show it again; to recreate the token, run reconcile apply --replace with its address`,
    ],
  };
}

/** Tells whether a readable sink has the secret of a token. */
export function sinkHoldsToken(record: CustodyRecord, sink: Sink, token: Observed): boolean {
  return secretsInSinks(record).some((known) => known.sink === sink && sameId(known.id, token.id));
}

function names(sinks: readonly Sink[]): string {
  return sinks.map(sinkLabel).join(', ');
}

/** Creates the problem that a sink has the secret of a foreign token. */
export function sinkOverwrittenProblem(token: Observed, sink: Sink): Problem {
  return {
    code: 'SINK_FAILED',
    message: `${sinkLabel(sink)} was overwritten: it holds the secret of a token other than ${token.name} (${token.id})`,
    hint: 'restore or delete the file; or recreate the token with reconcile apply --replace and its address, which writes the file again',
  };
}

function nameTakenProblem(token: Observed, id: string, { desired }: DecisionInput): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `another token took the name ${token.name}: the managed token (${id}) no longer exists, and ${token.id} has its name`,
    hint: `delete that token if it is not needed, or replace it with a managed one: reconcile apply --replace ${desired.address}`,
  };
}

/**
 * Returns the time (seconds since 1970) until which a token of unknown ownership may come from a request of this record;
 * `undefined` once the token is accepted as it is.
 */
export function ownershipOpenUntil(
  record: CustodyRecord,
  { evidence, listedAt }: Pick<DecisionInput, 'evidence' | 'listedAt'>,
): number | undefined {
  const until = Math.max(...unresolvedAttempts(record).map(({ deadline }) => deadline)) + evidence.grace;
  return evidence.proofOnly || listedAt <= until ? until : undefined;
}

/** Creates the problem that the ownership of a token is unknown until then (seconds since 1970). */
export function ownershipUnknownProblem(
  token: Observed,
  { evidence, desired }: DecisionInput,
  until: number,
): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) may have been created by an earlier run whose response was lost, but this is not certain`,
    hint: evidence.proofOnly
      ? `if the token is yours, delete it, or recreate it with reconcile apply --replace ${desired.address}; without --strict-outcome, evidence is accepted as well`
      : `run again after ${formatInstant(Math.ceil(until))}: the token is then kept, unless the earlier run created it; or recreate it with reconcile apply --replace ${desired.address}`,
  };
}
