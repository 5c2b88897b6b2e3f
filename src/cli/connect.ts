import { type Connections, createConnections } from '../app/connections.ts';
import type { ConnectionOptions } from './options.ts';
import type { Session } from './session.ts';

/** Creates the connections of a command. */
export function connect({ runtime, io }: Session, options: ConnectionOptions): Connections {
  return createConnections(runtime, {
    parallelism: options.parallelism,
    timeoutSeconds: options.timeout,
    maxWaitSeconds: options.maxWait,
    allowInsecureHttp: options.allowInsecureHttp,
    noRetry: io.interrupt,
  });
}
