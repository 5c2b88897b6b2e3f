import { ReconcileError } from '../../core/model/errors.ts';
import { isObject, type Json } from '../../core/util/json.ts';

/** Facts about the instance, which only a signed-in user sees: docs/services/harbor.md, Signing in. */
export interface SystemInfo {
  /** For example `v2.13.2-436918f8`; empty if not shown. */
  readonly version: string;
  /** The host that tokens log in to; empty if not shown. */
  readonly registryUrl: string;
}

/** Decodes the response about the system. */
export function systemInfoOf(body: Json | undefined): SystemInfo {
  const { harbor_version: version, registry_url: url } = isObject(body) ? body : {};
  const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
  return {
    version: textOf(version),
    // The lookbehind keeps the time linear for a hostile address.
    registryUrl: textOf(url)
      .replace(/^https?:\/\//, '')
      .replace(/(?<!\/)\/+$/, ''),
  };
}

/** Throws `AUTH` if the credentials are wrong: Harbor then responds as to anyone. */
export function assertSignedIn({ version }: SystemInfo): void {
  if (version !== '') return;
  throw new ReconcileError({
    code: 'AUTH',
    message: "Harbor doesn't accept the credentials: it responds as to someone who isn't signed in",
    hint: 'check HARBOR_USERNAME and HARBOR_PASSWORD; with single sign-on, the password is the CLI secret of your profile',
  });
}

/** The versions in which a robot of the system can't create robots of projects: docs/services/harbor.md, Robots. */
const firstBroken = [2, 12, 0] as const;
const firstFixed = [2, 14, 1] as const;

/**
 * Tells whether the signed-in robot can create robots of projects, as far as its permissions go. One of a project always
 * can; its name holds the project.
 */
export function createsProjectRobots(info: SystemInfo, user: string): boolean {
  if (user.includes('+')) return true;
  const found = versionOf(info);
  if (!found) return true;
  return isBefore(found, firstBroken) || !isBefore(found, firstFixed);
}

/** Returns the numbers of the version; `undefined` if it isn't shown. */
export function versionOf({ version }: SystemInfo): readonly number[] | undefined {
  return /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}

/** Tells whether a version is before another one, of which only the first numbers may be given. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const differing = other.findIndex((part, index) => part !== version[index]);
  return differing >= 0 && (version[differing] ?? 0) < (other[differing] ?? 0);
}
