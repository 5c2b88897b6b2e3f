import type { Service } from '../service.ts';
import { accessToken } from './access-token.ts';
import { deployToken } from './deploy-token.ts';
import { gitlabInfo } from './service.ts';

/** GitLab and its kinds of token. */
export const gitlab: Service = {
  info: gitlabInfo,
  kinds: [deployToken, accessToken],
  load: async () => {
    const { gitlabAccess, connectAccessTokens, connectDeployTokens } = await import('./clients.ts');
    return {
      access: gitlabAccess,
      connect: { [deployToken.kind]: connectDeployTokens, [accessToken.kind]: connectAccessTokens },
    };
  },
};
