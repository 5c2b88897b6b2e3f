/** A limit on failed logins to the registry, by the address they come from. */
export interface LoginLimit {
  isBlocked(address: string): boolean;
  failed(address: string): void;
  /** Forgets the failures of an address. */
  succeeded(address: string): void;
}

const windowMs = 180_000;
const blockMs = 3_600_000;

/**
 * Creates a limit: too many failures within three minutes block an address for an hour.
 *
 * @param maxFailures number of failures that block; 0 for no limit
 */
export function createLoginLimit(maxFailures: number, now: () => number): LoginLimit {
  const failures = new Map<string, readonly number[]>();
  const blockedUntil = new Map<string, number>();
  return {
    isBlocked: (address) => now() < (blockedUntil.get(address) ?? 0),
    failed: (address) => {
      const recent = [...(failures.get(address) ?? []), now()].filter((time) => time > now() - windowMs);
      failures.set(address, recent);
      if (maxFailures > 0 && recent.length >= maxFailures) blockedUntil.set(address, now() + blockMs);
    },
    succeeded: (address) => {
      failures.delete(address);
    },
  };
}
