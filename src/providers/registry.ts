import type { Kind } from '../core/model/model.ts';
import { organizationTokenProvider } from './docker-hub/organization.ts';
import { personalTokenProvider } from './docker-hub/personal.ts';
import { ionosProvider } from './ionos/client.ts';
import type { Provider } from './provider.ts';

/** All kinds of token that can be managed. */
export const providers: readonly Provider[] = [
  ionosProvider,
  personalTokenProvider,
  organizationTokenProvider,
];

/** The provider of a kind. */
export function providerOf(kind: Kind): Provider {
  const provider = providers.find(({ declaration }) => declaration.kind === kind);
  if (!provider) throw new TypeError(`no provider for ${kind}`);
  return provider;
}
