import { type Problem, problemOf } from '../../core/errors.ts';
import type { CommandSink, FileSink, Sink } from '../../core/model.ts';
import type { Delivery } from '../delivery.ts';
import { formatSecret } from '../format.ts';
import { encryptTo } from './age.ts';
import { checkCommand, runCommand } from './command.ts';
import type { SinkContext } from './context.ts';
import { checkDocker, logIn } from './docker.ts';
import { checkFile, writeContent } from './file.ts';

export type { Holding } from '../../core/holding.ts';
export type { SinkContext } from './context.ts';
export { writeContent } from './file.ts';
export { holdingOf, readDelivery } from './holding.ts';

/**
 * Why a sink can't take a secret now; `undefined` where it can. Leaves nothing behind, and runs no program but a
 * credential helper, for its list.
 *
 * @param registry the host to log in to; empty where no sink asks for it
 */
export async function checkSink(
  sink: Sink,
  registry: string,
  context: SinkContext,
): Promise<Problem | undefined> {
  try {
    switch (sink.type) {
      case 'file':
        await checkFile(sink, context);
        break;
      case 'command':
        await checkCommand(sink, context);
        break;
      case 'docker':
        await checkDocker(sink, registry, context);
    }
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/** What a sink gets: formatted, and encrypted where it has recipients; in the clear otherwise. */
export async function renderContent(sink: FileSink | CommandSink, delivery: Delivery): Promise<string> {
  const content = formatSecret(sink.layout, delivery);
  return sink.type === 'file' && sink.age.length > 0 ? encryptTo(sink.path, sink.age, content) : content;
}

/** Hands a secret over; once more does no harm. Throws `SINK_FAILED`. */
export async function deliverTo(sink: Sink, delivery: Delivery, context: SinkContext): Promise<void> {
  switch (sink.type) {
    case 'file':
      return writeContent(sink, await renderContent(sink, delivery), context.folders);
    case 'command':
      return runCommand(sink, delivery, context);
    case 'docker':
      return logIn(sink, delivery, context);
  }
}
