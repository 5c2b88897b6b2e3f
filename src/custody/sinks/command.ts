import { type CommandSink, sinkName } from '../../core/model.ts';
import type { Delivery } from '../delivery.ts';
import { formatSecret, maskDelivery } from '../format.ts';
import { runChild } from './child.ts';
import type { SinkContext } from './context.ts';
import { sinkFailure } from './failure.ts';
import { lastWords } from './last-words.ts';
import { findProgram } from './program.ts';

/** Throws where the program isn't there. Doesn't run it. */
export async function checkCommand(sink: CommandSink, { env }: SinkContext): Promise<string> {
  const found = await findProgram(sink.run[0] ?? '', env, sink.folder);
  if ('path' in found) return found.path;
  throw sinkFailure(sinkName(sink), found.why, found.hint);
}

/** Runs the program with the secret on its standard input. Throws `SINK_FAILED`. */
export async function runCommand(sink: CommandSink, delivery: Delivery, context: SinkContext): Promise<void> {
  const { failure, output } = await runChild({
    program: await checkCommand(sink, context),
    args: sink.run.slice(1),
    folder: sink.folder,
    env: context.env,
    input: formatSecret(sink.layout, delivery),
    timeoutSeconds: sink.timeoutSeconds,
    stdout: 'ignored',
  });
  if (failure === undefined) return;
  const words = lastWords(output, (text) => context.mask(maskDelivery(delivery, text)));
  throw sinkFailure(
    sinkName(sink),
    words === '' ? failure : `${failure}: ${words}`,
    'mend what the program complains of and run again; the secret is kept until then',
  );
}
