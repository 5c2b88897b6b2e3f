import type { Kind } from '../core/model/token.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import { memoizeAsync } from '../core/util/single-flight.ts';
import { dockerHub } from './docker-hub/index.ts';
import { gitlab } from './gitlab/index.ts';
import { harbor } from './harbor/index.ts';
import { ionos } from './ionos/index.ts';
import { registryToken } from './ionos/registry-token.ts';
import type { Service, ServiceClients } from './service.ts';

/** The services of a program, with lookups of their kinds of token. */
export interface ServiceRegistry {
  /** The registered services. */
  readonly services: readonly Service[];
  /** The kinds of token of these services. */
  readonly tokenKinds: readonly TokenKind[];
  /** The prefixes of secrets of all services. */
  readonly secretPrefixes: readonly string[];
  /** Returns the kind of this name. */
  readonly kindOf: (name: Kind) => TokenKind;
  /** Returns the clients of a kind's service, which are loaded once. */
  readonly loadClients: (kind: Kind) => Promise<ServiceClients>;
}

/** Creates a registry. Lookups of unknown kinds throw a `TypeError`, which is a bug. */
export function createServiceRegistry(registered: readonly Service[]): ServiceRegistry {
  const allKinds = registered.flatMap(({ kinds }) => kinds);
  const kindNamed = (name: Kind): TokenKind => {
    const found = allKinds.find(({ kind }) => kind === name);
    if (!found) throw new TypeError(`no kind ${name}`);
    return found;
  };
  const serviceOf = (name: Kind): Service => {
    const found = registered.find(({ kinds }) => kinds.some(({ kind }) => kind === name));
    if (!found) throw new TypeError(`no service for ${name}`);
    return found;
  };
  return {
    services: registered,
    tokenKinds: allKinds,
    secretPrefixes: registered.flatMap(({ info }) => info.secretPrefixes),
    kindOf: kindNamed,
    loadClients: memoizeAsync((kind) => serviceOf(kind).load()),
  };
}

/** The registry of the program. */
export const { services, tokenKinds, secretPrefixes, kindOf, loadClients }: ServiceRegistry =
  createServiceRegistry([ionos, dockerHub, harbor, gitlab]);

/** A kind of token for examples in help texts and messages. */
export const exampleKind: TokenKind = registryToken;

/** A pattern for `--target` in help texts and messages: all tokens in the scope of the example. */
export const exampleTarget: string = exampleKind.exampleAddress.replace(/[^/]*$/, '*');
