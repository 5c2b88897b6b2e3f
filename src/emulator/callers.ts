import { stableUuid } from './ids.ts';

/** A user of the IONOS API, as the credentials of a request name it. */
export interface Caller {
  readonly user: string;
  /** True if the user may manage registries. */
  readonly privileged: boolean;
}

/** The user behind actions without a named one, above all the seed's tokens. */
export const defaultUser = 'emulator';

/** The user behind interventions for which a seed names none. */
export const otherUser = 'other';

const callers = new Map<string, Caller>([
  ['Bearer emulator', { user: defaultUser, privileged: true }],
  [`Basic ${btoa('emulator:emulator')}`, { user: defaultUser, privileged: true }],
  ['Bearer emulator-other', { user: otherUser, privileged: true }],
  [`Basic ${btoa('other:other')}`, { user: otherUser, privileged: true }],
  ['Bearer emulator-unprivileged', { user: 'unprivileged', privileged: false }],
]);

/**
 * Returns the user of an `Authorization` header, Bearer or Basic; `undefined` for anything but the built-in
 * credentials.
 */
export function callerOf(authorization: string | undefined): Caller | undefined {
  return callers.get(authorization ?? '');
}

/** Returns the ID that responses show beside a user's name: the same UUID for a name in every emulator. */
export function userId(name: string): string {
  return name === defaultUser ? '5f0c3a52-8f0e-4a5b-9d53-6b0e4f1f6a01' : stableUuid(`user ${name}`);
}
