import { doubtsOf, type TokenRecord } from './custody.ts';
import type { Problem } from './errors.ts';
import type { FieldRules } from './fields.ts';
import { formatInstant } from './instant.ts';
import {
  type Custody,
  type Desired,
  type FileSink,
  isReadable,
  type Observed,
  type Sink,
  sinkName,
} from './model.ts';
import { type Standard, sameId, verdictOf } from './ours.ts';
import type { Situation } from './situation.ts';

/** What is known of a live token's secret, and what follows from it. */
export interface Assessment {
  readonly custody: Custody;
  /** What to look at. */
  readonly warnings: readonly string[];
  /** The sinks that lack the secret, and the one that it can be read from. */
  readonly refill?: { readonly from: FileSink; readonly sinks: readonly Sink[] };
  /** Why nothing must be done about the token. */
  readonly problem?: Problem;
}

/** What the ledger, the spool and the sinks say about the secret of a live token; design, steps 15 to 18. */
export function assess(token: Observed, situation: Situation): Assessment {
  const record = situation.record(token.name);
  const { entry, holdings } = record;
  const inSink = holdings.some(({ holding }) => isHeld(holding, token));
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const sinks = sinksOf(situation.desired);

  const other = holdings.find(({ holding }) => typeof holding === 'object' && !isHeld(holding, token));
  if (byLedger && other) return { ...nothingKnown, custody: 'held', problem: overwritten(token, other.sink) };
  if (byLedger || inSink) return whereHeld(token, record, sinks);

  const doubts = doubtsOf(record);
  const verdict = verdictOf(token, doubts, situation.rules, situation.standard);
  if (verdict === 'ours') return { ...nothingKnown, custody: 'half_made' };
  if (verdict === 'unsure') {
    const until = Math.max(...doubts.map(({ deadline }) => deadline)) + situation.standard.grace;
    if (situation.standard.strict || situation.listedAt <= until) {
      return { ...nothingKnown, problem: unsure(token, situation, until) };
    }
  }
  if (entry?.id && !situation.live.withId(entry.id)) {
    return { ...nothingKnown, problem: taken(token, entry.id, situation) };
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

/** The same as far as it can be told without a manifest, and so without sinks. */
export function custodyByRecord(
  token: Observed,
  record: TokenRecord,
  rules: FieldRules,
  standard: Standard,
): Custody {
  const { entry, waiting } = record;
  if (entry?.id && sameId(entry.id, token.id)) return 'held';
  if (waiting && sameId(waiting.id, token.id)) return 'half_made';
  return verdictOf(token, doubtsOf(record), rules, standard) === 'ours' ? 'half_made' : 'unknown';
}

const nothingKnown: Assessment = { custody: 'unknown', warnings: [] };

/** The sinks that an entry wants filled. */
export function sinksOf({ secret }: Pick<Desired, 'secret'>): readonly Sink[] {
  return Array.isArray(secret) ? secret : [];
}

/** Which sinks have the secret of a token that is in custody, and what follows for the others. */
export function whereHeld(token: Observed, record: TokenRecord, sinks: readonly Sink[]): Assessment {
  const { entry } = record;
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const holds = (sink: Sink): boolean => isHeldIn(record, sink, token);
  const delivered = (sink: Sink): boolean => byLedger && entry?.delivered[sinkName(sink)] !== undefined;
  const isRecorded = typeof entry?.id === 'string';
  // Without a record, sinks that can't be asked are taken to have been filled together with those that can.
  const lacking = sinks.filter((sink) => (isReadable(sink) ? !holds(sink) : isRecorded && !delivered(sink)));
  const from = sinks.find((sink) => holds(sink)) as FileSink | undefined;
  if (lacking.length === 0) return { custody: 'held', warnings: [] };
  if (from) return { custody: 'held', warnings: [], refill: { from, sinks: lacking } };
  const lost = lacking.some(delivered);
  return {
    custody: lost ? 'missing' : 'held',
    warnings: [
      `${names(lacking)} ${lost ? 'no longer has' : 'lacks'} the secret, and it can't be read again from the service; --replace makes a new token`,
    ],
  };
}

/** Whether a readable sink has the secret of a token. */
export function isHeldIn({ holdings }: TokenRecord, sink: Sink, token: Observed): boolean {
  return holdings.some((known) => known.sink === sink && isHeld(known.holding, token));
}

function isHeld(holding: TokenRecord['holdings'][number]['holding'], token: Observed): boolean {
  return typeof holding === 'object' && sameId(holding.id, token.id);
}

function names(sinks: readonly Sink[]): string {
  return sinks.map(sinkName).join(', ');
}

/** A sink has the secret of a token that is none of ours. */
export function overwritten(token: Observed, sink: Sink): Problem {
  return {
    code: 'SINK_FAILED',
    message: `${sinkName(sink)} was overwritten: it holds the secret of another token than ${token.name} (${token.id})`,
    hint: 'restore the file, or delete it; --replace with the address makes a new token and writes it anew',
  };
}

function taken(token: Observed, id: string, { desired }: Situation): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `another token took the name ${token.name}: ours (${id}) is gone, and ${token.id} bears it now`,
    hint: `delete that token if it is not needed, or make it ours with a new secret: --replace ${desired.address}`,
  };
}

/** Whether a token is ours can't be told until then (seconds since 1970). */
export function unsure(token: Observed, { standard, desired }: Situation, until: number): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) may come from an attempt of ours whose answer was lost, and it can't be told for sure`,
    hint: standard.strict
      ? `if it is yours, delete it, or make it anew with --replace ${desired.address}; without --strict-outcome evidence counts too`
      : `run again after ${formatInstant(Math.ceil(until))}: then it is taken as it is, unless it is ours; or make it anew with --replace ${desired.address}`,
  };
}
