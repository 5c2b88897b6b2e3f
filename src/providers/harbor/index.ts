import type { Service } from '../service.ts';
import { harborRobot } from './robot.ts';
import { harborInfo } from './service.ts';

/** Harbor and its kind of token. */
export const harbor: Service = {
  info: harborInfo,
  kinds: [harborRobot],
  load: async () => {
    const { harborAccess, connectRobots } = await import('./client.ts');
    return { access: harborAccess, connect: { [harborRobot.kind]: connectRobots } };
  },
};
