import type { Problem } from './errors.ts';

/** One thing that was looked at: fine, wrong with a cure, or of no matter here. */
export interface Check {
  readonly name: string;
  readonly state: 'fine' | 'wrong' | 'skipped';
  readonly message: string;
  /** What to do about it. */
  readonly cure?: string;
}

/** A problem as what was found wrong. */
export function problemCheck(name: string, { message, hint }: Problem): Check {
  return { name, state: 'wrong', message, ...(hint !== undefined && { cure: hint }) };
}

/** A clock that is off by more seconds than that makes other things go wrong. */
export const mostSkew = 60;

/** What to say of a service's clock, so many seconds ahead of ours; `undefined` where it doesn't tell its time. */
export function checkClock(name: string, ahead: number | undefined): Check {
  if (ahead === undefined) return { name, state: 'skipped', message: 'the service doesn’t tell its time' };
  const seconds = Math.round(Math.abs(ahead));
  if (seconds <= mostSkew) return { name, state: 'fine', message: 'the clocks agree' };
  return {
    name,
    state: 'wrong',
    message: `this machine's clock is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} the service's`,
    cure: 'let it follow a time server: expiries and rotations go by it',
  };
}

/** Whether this Node is new enough. */
export function checkNode(version: string, least: readonly [number, number]): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > least[0] || (major === least[0] && minor >= least[1]);
  const name = 'Node';
  if (isEnough) return { name, state: 'fine', message: version };
  return {
    name,
    state: 'wrong',
    message: `${version} is too old`,
    cure: `install Node ${least.join('.')} or newer`,
  };
}
