import type { Service } from '../service.ts';
import { organizationToken } from './organization-token.ts';
import { personalToken } from './personal-token.ts';
import { dockerHubInfo } from './service.ts';

/** Docker Hub and its kinds of token. */
export const dockerHub: Service = {
  info: dockerHubInfo,
  kinds: [personalToken, organizationToken],
  load: async () => {
    const { dockerHubAccess, connectOrganization, connectPersonal } = await import('./clients.ts');
    return {
      access: dockerHubAccess,
      connect: {
        [personalToken.kind]: connectPersonal,
        [organizationToken.kind]: connectOrganization,
      },
    };
  },
};
