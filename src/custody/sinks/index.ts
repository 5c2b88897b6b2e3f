import { type Problem, problemOf } from '../../core/errors.ts';
import type { CommandSink, FileSink, Sink } from '../../core/model.ts';
import { Secret } from '../../core/secret.ts';
import type { Delivery } from '../delivery.ts';
import { formatSecret } from '../format.ts';
import { checkRecipients, encryptTo } from './age.ts';
import { checkCommand, runCommand } from './command.ts';
import type { SinkContext } from './context.ts';
import { checkDocker, logIn } from './docker.ts';
import { checkFile, writeContent } from './file.ts';

export type { Holding } from '../../core/holding.ts';
export type { SinkContext } from './context.ts';
export { writeContent } from './file.ts';
export { addressIn, holdingOf, readDelivery } from './holding.ts';

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
    return problemOf(error);
  }
}

/** Makes what a sink would get, of a secret that is none. Encrypting takes long, so once for the same recipients. */
async function checkContent(
  sink: FileSink | CommandSink,
  registry: string,
  { tried }: SinkContext,
): Promise<void> {
  formatSecret(sink.layout, { ...sample, registry });
  if (sink.type === 'command' || sink.age.length === 0) return;
  await checkRecipients(sink.path, sink.age);
  const key = `age ${JSON.stringify(sink.age)}`;
  const trial = tried.get(key) ?? renderContent(sink, { ...sample, registry }).then(() => undefined);
  tried.set(key, trial);
  await trial;
}

/** A delivery of nothing. */
const sample: Delivery = {
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
