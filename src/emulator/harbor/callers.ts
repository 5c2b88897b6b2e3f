import { basicCredentials } from '../registry/token-request.ts';
import { fullName, type HarborState, isUsableRobot, type Person, type Robot } from './state.ts';

/** The account of a request. Wrong credentials count as none, as at Harbor. */
export type HarborCaller =
  | { readonly type: 'person'; readonly person: Person }
  | { readonly type: 'robot'; readonly robot: Robot; readonly name: string }
  | { readonly type: 'anonymous' };

/**
 * Returns the account of a Basic `Authorization` header; anonymous if the credentials are missing, wrong, or those of
 * a disabled or expired robot.
 */
export function harborCallerOf(
  authorization: string | undefined,
  state: HarborState,
  now: number,
): HarborCaller {
  const { name = '', password = '' } = basicCredentials(authorization) ?? {};
  for (const robot of state.robots.tokens.values()) {
    if (fullName(robot, state) !== name || robot.secret !== password || !isUsableRobot(robot, now)) continue;
    return { type: 'robot', robot, name };
  }
  const person = state.people.get(name);
  return person && person.password === password ? { type: 'person', person } : { type: 'anonymous' };
}

/** Returns the login name of an account; empty for an anonymous one. */
export function loginOf(caller: HarborCaller): string {
  if (caller.type === 'anonymous') return '';
  return caller.type === 'person' ? caller.person.name : caller.name;
}
