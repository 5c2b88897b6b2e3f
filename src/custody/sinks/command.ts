import { sinkLabel } from '../../core/model/sink.ts';
import type { CommandSink } from '../../core/model/sinks/command.ts';
import { findProgram } from '../../system/find-program.ts';
import { outputTail } from '../../system/output-tail.ts';
import { runProgram } from '../../system/run-program.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { formatSecret, maskSecretEncodings } from './format.ts';
import { samplePayload } from './sample-payload.ts';
import type { SinkDriver } from './sink-driver.ts';
import { sinkError } from './sink-error.ts';

/** The driver of command sinks. Its check doesn't run the program. */
export const commandDriver: SinkDriver<CommandSink> = {
  async check(sink, registry, context) {
    await findCommand(sink, context);
    formatSecret(sink.layout, samplePayload(registry));
  },
  deliver: runCommand,
};

/** Throws if the program isn't found. */
async function findCommand(sink: CommandSink, { env }: SinkContext): Promise<string> {
  const found = await findProgram(sink.run[0] ?? '', env, sink.folder);
  if ('path' in found) return found.path;
  throw sinkError(sinkLabel(sink), found.why, found.hint);
}

/** Runs the program with the secret on its standard input. Throws `SINK_FAILED`. */
async function runCommand(sink: CommandSink, delivery: SecretPayload, context: SinkContext): Promise<void> {
  const { failure, output } = await runProgram({
    program: await findCommand(sink, context),
    args: sink.run.slice(1),
    folder: sink.folder,
    env: context.env,
    input: formatSecret(sink.layout, delivery),
    timeoutSeconds: sink.timeoutSeconds,
    ...(context.end && { end: context.end }),
    stdout: 'ignored',
  });
  if (failure === undefined) return;
  const words = outputTail(output, (text) => context.mask(maskSecretEncodings(delivery, text)));
  throw sinkError(
    sinkLabel(sink),
    words === '' ? failure : `${failure}: ${words}`,
    'fix the error that the program reports and run again',
  );
}
