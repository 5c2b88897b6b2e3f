import type { Service } from '../service.ts';
import { registryToken } from './registry-token.ts';
import { ionosInfo } from './service.ts';

/** IONOS Container Registry and its kind of token. */
export const ionos: Service = {
  info: ionosInfo,
  kinds: [registryToken],
  load: async () => {
    const { access, connect } = await import('./client.ts');
    return { access, connect: { [registryToken.kind]: connect } };
  },
};
