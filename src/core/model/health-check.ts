import type { Problem } from './errors.ts';

/** A check of the setup: passed, failed with a fix, or not needed here. */
export interface HealthCheck {
  readonly name: string;
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly message: string;
  /** The advice for fixing a failed check. */
  readonly fix?: string;
}

/** Creates a failed check from a problem. */
export function failedCheck(name: string, { message, hint }: Problem): HealthCheck {
  return { name, state: 'failed', message, ...(hint !== undefined && { fix: hint }) };
}

/** Maximum clock skew in seconds. Beyond it, other checks fail as well. */
const maxClockSkewSeconds = 60;

/**
 * Checks that a service's clock agrees with ours.
 *
 * @param ahead seconds that it is ahead; `undefined` if the service doesn't report its time
 */
export function checkClockSkew(name: string, ahead: number | undefined): HealthCheck {
  if (ahead === undefined) return { name, state: 'skipped', message: 'the service does not report its time' };
  const seconds = Math.round(Math.abs(ahead));
  if (seconds <= maxClockSkewSeconds) return { name, state: 'ok', message: 'the clocks agree' };
  return {
    name,
    state: 'failed',
    message: `this machine's clock is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} the service's`,
    fix: 'synchronise it with a time server: expiries and rotations depend on it',
  };
}

/** Checks that this version of Node is new enough. */
export function checkNodeVersion(version: string, least: readonly [number, number]): HealthCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > least[0] || (major === least[0] && minor >= least[1]);
  const name = 'Node';
  if (isEnough) return { name, state: 'ok', message: version };
  return {
    name,
    state: 'failed',
    message: `${version} is too old`,
    fix: `install Node ${least.join('.')} or newer`,
  };
}
