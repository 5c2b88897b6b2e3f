import { type Problem, ReconcileError } from '../core/errors.ts';
import { type Custody, type Observed, type Sink, sinkName } from '../core/model.ts';
import type { Delivery } from './delivery.ts';
import { checkFile, heldToken, writeFileSink } from './sinks/file.ts';

/** Looks after secrets: where they go, and who has them. */
export interface Custodian {
  /** Why a sink can't take a secret now; `undefined` where it can. Writes nothing. */
  check(sink: Sink): Promise<Problem | undefined>;
  /** Hands a secret to every sink; gives their names. Throws `SINK_FAILED`. */
  deliver(sinks: readonly Sink[], delivery: Delivery): Promise<readonly string[]>;
  /** What the sinks say about a live token's secret. */
  custody(sinks: readonly Sink[], token: Observed): Custody;
}

/**
 * A custodian.
 *
 * @param announce is told each secret before it goes anywhere, so that it can be masked
 * @param held what each readable sink says it holds, as read before planning; see `readSinks`
 */
export function createCustodian(
  announce: (delivery: Delivery) => void,
  held: ReadonlyMap<string, string | undefined>,
): Custodian {
  return {
    check: checkFile,
    async deliver(sinks, delivery) {
      announce(delivery);
      const failures: ReconcileError[] = [];
      for (const sink of sinks) {
        try {
          await writeFileSink(sink, delivery);
        } catch (error) {
          if (!(error instanceof ReconcileError)) throw error;
          failures.push(error);
        }
      }
      const [failure] = failures;
      if (failure) throw failure;
      return sinks.map(sinkName);
    },
    custody: (sinks, token) =>
      sinks.some((sink) => held.get(`${sink.folder}/${sink.path}`) === token.id) ? 'held' : 'unknown',
  };
}

/** Reads which token each readable sink holds, by `folder/path`. A sink that can't tell is left out. */
export async function readSinks(sinks: readonly Sink[]): Promise<ReadonlyMap<string, string | undefined>> {
  const held = new Map<string, string | undefined>();
  await Promise.all(
    sinks.map(async (sink) => {
      held.set(`${sink.folder}/${sink.path}`, await heldToken(sink));
    }),
  );
  return held;
}
