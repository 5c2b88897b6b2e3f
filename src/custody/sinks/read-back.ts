import { Secret } from '../../core/model/secret.ts';
import { type Sink, sinkLabel } from '../../core/model/sink.ts';
import type { SinkContent } from '../../core/model/sink-content.ts';
import type { RefillValues, SecretPayload } from './delivery.ts';
import { driverOf } from './drivers.ts';
import type { ParsedContent } from './parse-content.ts';
import type { FolderResolver } from './safe-path.ts';

/** Returns the token whose secret a sink holds. Never throws because of the file or its content. */
export async function readSinkContent(sink: Sink, realFolder?: FolderResolver): Promise<SinkContent> {
  const content = await read(sink, realFolder);
  if (typeof content === 'string') return content;
  const { id, username, address } = content;
  if (id === undefined) return 'foreign';
  return { id, ...(username !== undefined && { username }), ...(address !== undefined && { address }) };
}

/**
 * Returns the delivery in a readable sink, so that another sink can be filled from it; `undefined` if it can't be read, or
 * is incomplete. Only the secret comes from the file, and its user name unless the service shows it. All else is current, as
 * the file may be older.
 */
export async function readDelivery(sink: Sink, known: RefillValues): Promise<SecretPayload | undefined> {
  const content = await read(sink);
  if (typeof content === 'string') return undefined;
  const { id, registry, password } = content;
  const username = known.username ?? content.username;
  if (id === undefined || registry === undefined || username === undefined || !password) return undefined;
  return { ...known, id, username, secret: new Secret(password) };
}

async function read(sink: Sink, realFolder?: FolderResolver): Promise<ParsedContent | 'absent' | 'foreign'> {
  const driver = driverOf(sink);
  if (!driver.read) throw new TypeError(`${sinkLabel(sink)} can't be read`);
  return driver.read(sink, realFolder);
}
