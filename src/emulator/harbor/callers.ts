import { fullName, type HarborState, isUsableRobot, type Person, type Robot } from './state.ts';

/** The account that a request comes from. */
export type HarborCaller =
  | { readonly type: 'person'; readonly person: Person }
  | { readonly type: 'robot'; readonly robot: Robot; readonly name: string }
  | { readonly type: 'anonymous' };

/** Returns the account of a Basic `Authorization` header. The account is anonymous if they aren't valid. */
export function harborCallerOf(
  authorization: string | undefined,
  state: HarborState,
  now: number,
): HarborCaller {
  const [scheme = '', encoded = ''] = (authorization ?? '').split(' ');
  const text = scheme.toLowerCase() === 'basic' ? Buffer.from(encoded, 'base64').toString() : '';
  const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  for (const robot of state.robots.tokens.values()) {
    if (fullName(robot, state) !== name || robot.secret !== password || !isUsableRobot(robot, now)) continue;
    return { type: 'robot', robot, name };
  }
  const person = state.people.get(name);
  return person && person.password === password ? { type: 'person', person } : { type: 'anonymous' };
}

/** Returns the login name of a caller. */
export function loginOf(caller: HarborCaller): string {
  if (caller.type === 'anonymous') return '';
  return caller.type === 'person' ? caller.person.name : caller.name;
}
