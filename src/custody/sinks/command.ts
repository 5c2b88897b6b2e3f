import { type CommandSink, sinkName } from '../../core/model/sink.ts';
import { findProgram } from '../../system/find-program.ts';
import { outputTail } from '../../system/output-tail.ts';
import { runProgram } from '../../system/run-program.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { formatSecret, maskSecretEncodings } from './format.ts';
import { sinkError } from './sink-error.ts';

/** Throws if the program isn't found. Doesn't run it. */
export async function checkCommand(sink: CommandSink, { env }: SinkContext): Promise<string> {
  const found = await findProgram(sink.run[0] ?? '', env, sink.folder);
  if ('path' in found) return found.path;
  throw sinkError(sinkName(sink), found.why, found.hint);
}

/** Runs the program with the secret on its standard input. Throws `SINK_FAILED`. */
export async function runCommand(
  sink: CommandSink,
  delivery: SecretPayload,
  context: SinkContext,
): Promise<void> {
  const { failure, output } = await runProgram({
    program: await checkCommand(sink, context),
    args: sink.run.slice(1),
    folder: sink.folder,
    env: context.env,
    input: formatSecret(sink.layout, delivery),
    timeoutSeconds: sink.timeoutSeconds,
    stdout: 'ignored',
  });
  if (failure === undefined) return;
  const words = outputTail(output, (text) => context.mask(maskSecretEncodings(delivery, text)));
  throw sinkError(
    sinkName(sink),
    words === '' ? failure : `${failure}: ${words}`,
    'mend what the program complains of and run again; the secret is kept until then',
  );
}
