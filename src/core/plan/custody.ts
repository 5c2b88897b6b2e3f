import { type CustodyRecord, unresolvedAttempts } from '../model/custody-record.ts';
import type { Desired } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import type { FieldRules } from '../model/field-rules.ts';
import { isReadBackable, type Sink, sinkName } from '../model/sink.ts';
import type { Custody, Observed } from '../model/token.ts';
import { formatInstant } from '../util/instant.ts';
import type { DecisionInput } from './input.ts';
import { type EvidencePolicy, ownershipOf, sameId } from './ownership.ts';

/** The custody of a live token's secret, and the consequences. */
export interface CustodyAssessment {
  readonly custody: Custody;
  /** Warnings for the user. */
  readonly warnings: readonly string[];
  /** The sinks that lack the secret, and the one that it can be read from. */
  readonly backfill?: { readonly from: Sink; readonly sinks: readonly Sink[] };
  /** The reason why nothing must be done about the token. */
  readonly problem?: Problem;
}

/** Assesses the secret of a live token by the ledger, the spool and the sinks: docs/create-protocol.md, steps 15 to 18. */
export function assessCustody(token: Observed, situation: DecisionInput): CustodyAssessment {
  const record = situation.recordFor(token.name);
  const { entry, sinkContents } = record;
  const inSink = sinkContents.some(({ holding }) => isHeld(holding, token));
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const sinks = sinksOf(situation.desired);

  const other = sinkContents.find(({ holding }) => typeof holding === 'object' && !isHeld(holding, token));
  if (byLedger && other)
    return { ...nothingKnown, custody: 'held', problem: sinkOverwrittenProblem(token, other.sink) };
  if (byLedger || inSink) return sinkCoverage(token, record, sinks);

  const unresolved = unresolvedAttempts(record);
  const ownership = ownershipOf(token, unresolved, situation.rules, situation.evidence);
  if (ownership === 'ours') return { ...nothingKnown, custody: 'undelivered' };
  if (ownership === 'unknown') {
    const until = Math.max(...unresolved.map(({ deadline }) => deadline)) + situation.evidence.grace;
    if (situation.evidence.proofOnly || situation.listedAt <= until) {
      return { ...nothingKnown, problem: ownershipUnknownProblem(token, situation, until) };
    }
  }
  if (entry?.id && !situation.live.byId(entry.id)) {
    return { ...nothingKnown, problem: nameTakenProblem(token, entry.id, situation) };
  }
  return {
    custody: 'unknown',
    warnings:
      sinks.length === 0
        ? []
        : [
            `its secret is not known here, so it is not in ${names(sinks)}, and can't be read again from the service; --replace ${situation.desired.address} makes a new token`,
          ],
  };
}

/** Assesses the secret of a live token without a manifest, and so without sinks. */
export function custodyFromRecord(
  token: Observed,
  record: CustodyRecord,
  rules: FieldRules,
  standard: EvidencePolicy,
): Custody {
  const { entry, waiting } = record;
  if (entry?.id && sameId(entry.id, token.id)) return 'held';
  if (waiting && sameId(waiting.id, token.id)) return 'undelivered';
  return ownershipOf(token, unresolvedAttempts(record), rules, standard) === 'ours'
    ? 'undelivered'
    : 'unknown';
}

const nothingKnown: CustodyAssessment = { custody: 'unknown', warnings: [] };

/** Returns the sinks of an entry. */
export function sinksOf({ secret }: Pick<Desired, 'secret'>): readonly Sink[] {
  return Array.isArray(secret) ? secret : [];
}

/** Returns the custody of a delivered token, with the sinks that still lack its secret. */
export function sinkCoverage(
  token: Observed,
  record: CustodyRecord,
  sinks: readonly Sink[],
): CustodyAssessment {
  const { entry } = record;
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const holds = (sink: Sink): boolean => sinkHoldsToken(record, sink, token);
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
      `${names(lacking)} ${lost ? 'no longer has' : 'lacks'} the secret, and it can't be read again from the service; --replace makes a new token`,
    ],
  };
}

/** Tells whether a readable sink has the secret of a token. */
export function sinkHoldsToken({ sinkContents }: CustodyRecord, sink: Sink, token: Observed): boolean {
  return sinkContents.some((known) => known.sink === sink && isHeld(known.holding, token));
}

function isHeld(holding: CustodyRecord['sinkContents'][number]['holding'], token: Observed): boolean {
  return typeof holding === 'object' && sameId(holding.id, token.id);
}

function names(sinks: readonly Sink[]): string {
  return sinks.map(sinkName).join(', ');
}

/** Creates the problem that a sink has the secret of a foreign token. */
export function sinkOverwrittenProblem(token: Observed, sink: Sink): Problem {
  return {
    code: 'SINK_FAILED',
    message: `${sinkName(sink)} was overwritten: it holds the secret of another token than ${token.name} (${token.id})`,
    hint: 'restore the file, or delete it; --replace with the address makes a new token and writes it anew',
  };
}

function nameTakenProblem(token: Observed, id: string, { desired }: DecisionInput): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `another token took the name ${token.name}: ours (${id}) is gone, and ${token.id} bears it now`,
    hint: `delete that token if it is not needed, or make it ours with a new secret: --replace ${desired.address}`,
  };
}

/** Creates the problem that the ownership of a token is unknown until then (seconds since 1970). */
export function ownershipUnknownProblem(
  token: Observed,
  { evidence, desired }: DecisionInput,
  until: number,
): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) may come from an attempt of ours whose answer was lost, and it can't be told for sure`,
    hint: evidence.proofOnly
      ? `if it is yours, delete it, or make it anew with --replace ${desired.address}; without --strict-outcome evidence counts too`
      : `run again after ${formatInstant(Math.ceil(until))}: then it is taken as it is, unless it is ours; or make it anew with --replace ${desired.address}`,
  };
}
