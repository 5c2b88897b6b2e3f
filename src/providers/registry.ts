import type { Kind } from '../core/model/token.ts';
import { organizationTokenProvider } from './docker-hub/organization.ts';
import { personalTokenProvider } from './docker-hub/personal.ts';
import { ionosProvider } from './ionos/client.ts';
import type { Provider } from './provider.ts';

/** The providers of all kinds of token. */
export const providers: readonly Provider[] = [
  ionosProvider,
  personalTokenProvider,
  organizationTokenProvider,
];

/** Returns the provider of a kind. */
export function providerOf(kind: Kind): Provider {
  const provider = providers.find(({ declaration }) => declaration.kind === kind);
  if (!provider) throw new TypeError(`no provider for ${kind}`);
  return provider;
}
