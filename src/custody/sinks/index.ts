import { type Problem, toProblem } from '../../core/model/errors.ts';
import type { Sink } from '../../core/model/sink.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { driverOf } from './drivers.ts';

export type { SinkContext } from './context.ts';
export { readDelivery, readSinkContent } from './read-back.ts';

/**
 * Returns why a sink can't accept a secret now; `undefined` if it can. Leaves nothing behind. The only program it runs is a
 * credential helper, for its list.
 * @param registry the host to log in to; empty if no sink needs it
 */
export async function checkSink(
  sink: Sink,
  registry: string,
  context: SinkContext,
): Promise<Problem | undefined> {
  try {
    await driverOf(sink).check(sink, registry, context);
    return undefined;
  } catch (error) {
    return toProblem(error);
  }
}

/** Delivers a secret. Repeating a delivery is harmless. Throws `SINK_FAILED`. */
export async function deliverTo(sink: Sink, delivery: SecretPayload, context: SinkContext): Promise<void> {
  return driverOf(sink).deliver(sink, delivery, context);
}

/** Returns the content of a sink with a secret; `undefined` if a sink of its type has none of its own. */
export async function renderContent(sink: Sink, delivery: SecretPayload): Promise<string | undefined> {
  return driverOf(sink).content?.render(sink, delivery);
}

/** Delivers content that was rendered before. Throws `SINK_FAILED`. */
export async function writeContent(sink: Sink, content: string, context: SinkContext): Promise<void> {
  const driver = driverOf(sink);
  if (!driver.content) throw new TypeError(`a sink of the type ${sink.type} has no content of its own`);
  await driver.content.write(sink, content, context);
}
