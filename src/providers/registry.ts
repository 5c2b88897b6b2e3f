import type { Kind } from '../core/model/token.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import { memoizeAsync } from '../core/util/single-flight.ts';
import { dockerHub } from './docker-hub/index.ts';
import { ionos } from './ionos/index.ts';
import { registryToken } from './ionos/registry-token.ts';
import type { Service, ServiceClients } from './service.ts';

/** All services. */
export const services: readonly Service[] = [ionos, dockerHub];

/** All kinds of token. */
export const tokenKinds: readonly TokenKind[] = services.flatMap(({ kinds }) => kinds);

/** A kind for examples in help texts and messages. */
export const exampleKind: TokenKind = registryToken;

/** A pattern of addresses, for the same. */
export const exampleTarget: string = exampleKind.exampleAddress.replace(/[^/]*$/, '*');

/** The prefixes of secrets of all services. */
export const secretPrefixes: readonly string[] = services.flatMap(({ info }) => info.secretPrefixes);

/** Returns the kind of this name. */
export function kindOf(name: Kind): TokenKind {
  const found = tokenKinds.find(({ kind }) => kind === name);
  if (!found) throw new TypeError(`no kind ${name}`);
  return found;
}

/** Returns the clients of a kind's service, which are loaded once. */
export const loadClients: (kind: Kind) => Promise<ServiceClients> = memoizeAsync((kind) =>
  serviceOf(kind).load(),
);

/** Returns the service of a kind. */
function serviceOf(kind: Kind): Service {
  const found = services.find(({ kinds }) => kinds.some((one) => one.kind === kind));
  if (!found) throw new TypeError(`no service for ${kind}`);
  return found;
}
