import { type Problem, toProblem } from '../../core/model/errors.ts';
import { Secret } from '../../core/model/secret.ts';
import type { CommandSink, FileSink, Sink } from '../../core/model/sink.ts';
import { checkRecipients, encryptTo } from './age.ts';
import { checkCommand, runCommand } from './command.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { checkDocker, writeDockerLogin } from './docker.ts';
import { checkFile, writeSinkFile } from './file.ts';
import { formatSecret } from './format.ts';

export type { SinkContent as Holding } from '../../core/model/sink-content.ts';
export type { SinkContext } from './context.ts';
export { writeSinkFile } from './file.ts';
export { addressIn, readDelivery, readSinkContent } from './read-back.ts';

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
    switch (sink.type) {
      case 'file':
        await checkFile(sink, registry, context);
        await checkContent(sink, registry, context);
        break;
      case 'command':
        await checkCommand(sink, context);
        await checkContent(sink, registry, context);
        break;
      case 'docker':
        await checkDocker(sink, registry, context);
    }
    return undefined;
  } catch (error) {
    return toProblem(error);
  }
}

/** Renders the content of a sink with a sample secret. Encryption is slow, so it is tried once for the same recipients. */
async function checkContent(
  sink: FileSink | CommandSink,
  registry: string,
  { probedFolders }: SinkContext,
): Promise<void> {
  formatSecret(sink.layout, { ...sample, registry });
  if (sink.type === 'command' || sink.age.length === 0) return;
  await checkRecipients(sink.path, sink.age);
  const key = `age ${JSON.stringify(sink.age)}`;
  const trial = probedFolders.get(key) ?? renderContent(sink, { ...sample, registry }).then(() => undefined);
  probedFolders.set(key, trial);
  await trial;
}

/** A sample delivery. */
const sample: SecretPayload = {
  kind: 'registry_token',
  address: 'registry_token:sample/sample',
  id: '00000000-0000-4000-8000-000000000000',
  name: 'sample',
  registry: '',
  username: 'sample',
  secret: new Secret('sample'),
  expiresAt: null,
  createdAt: null,
};

/** Returns the content of a sink: formatted, and encrypted if it has recipients. */
export async function renderContent(sink: FileSink | CommandSink, delivery: SecretPayload): Promise<string> {
  const content = formatSecret(sink.layout, delivery);
  return sink.type === 'file' && sink.age.length > 0 ? encryptTo(sink.path, sink.age, content) : content;
}

/** Delivers a secret. Repeating a delivery is harmless. Throws `SINK_FAILED`. */
export async function deliverTo(sink: Sink, delivery: SecretPayload, context: SinkContext): Promise<void> {
  switch (sink.type) {
    case 'file':
      return writeSinkFile(sink, await renderContent(sink, delivery), context.folders);
    case 'command':
      return runCommand(sink, delivery, context);
    case 'docker':
      return writeDockerLogin(sink, delivery, context);
  }
}
