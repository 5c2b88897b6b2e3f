import type { Service } from '../service.ts';
import { harborRobot } from './robot.ts';
import { harborInfo } from './service.ts';

/** Harbor and its kind of token. */
export const harbor: Service = {
  info: harborInfo,
  kinds: [harborRobot],
  load: async () => {
    const { access, connect } = await import('./client.ts');
    return { access, connect: { [harborRobot.kind]: connect } };
  },
};
