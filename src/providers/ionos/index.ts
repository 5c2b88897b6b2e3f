import type { Service } from '../service.ts';
import { registryToken } from './registry-token.ts';
import { ionosInfo } from './service.ts';

/** IONOS Container Registry and its kind of token. */
export const ionos: Service = {
  info: ionosInfo,
  kinds: [registryToken],
  load: async () => {
    const { ionosAccess, connectRegistryTokens } = await import('./client.ts');
    return { access: ionosAccess, connect: { [registryToken.kind]: connectRegistryTokens } };
  },
};
