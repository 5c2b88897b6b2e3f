import type { Credential } from '../service.ts';
import { imageActions } from './members.ts';
import { fullName, type HarborState, isUsable, projectByName } from './state.ts';

/** Returns the robots that `docker login` accepts now. */
export function harborCredentials(state: HarborState, now: number): readonly Credential[] {
  return [...state.robots.tokens.values()]
    .filter((robot) => isUsable(robot, now))
    .map((robot) => {
      const name = fullName(robot, state);
      return {
        id: `harbor/${robot.id}`,
        name,
        username: name,
        password: robot.secret,
        actionsOn: (repository) => {
          const project = projectByName(state, repository.split('/')[0] ?? '');
          return project ? imageActions({ type: 'robot', robot, name }, project) : [];
        },
      };
    });
}
