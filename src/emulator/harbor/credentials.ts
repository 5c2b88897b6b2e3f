import type { Credential } from '../service.ts';
import { projectImageActions } from './members.ts';
import { fullName, type HarborState, isUsableRobot, projectByName } from './state.ts';

/** Returns the robots that `docker login` accepts now, with their rights to images. */
export function harborCredentials(state: HarborState, now: number): readonly Credential[] {
  return [...state.robots.tokens.values()]
    .filter((robot) => isUsableRobot(robot, now))
    .map((robot) => {
      const name = fullName(robot, state);
      return {
        id: `harbor/${robot.id}`,
        name,
        username: name,
        password: robot.secret,
        actionsOn: (repository) => {
          const project = projectByName(state, repository.split('/')[0] ?? '');
          return project ? projectImageActions({ type: 'robot', robot, name }, project) : [];
        },
      };
    });
}
