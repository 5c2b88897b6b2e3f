import { stableUuid } from './ids.ts';

/** Somebody who may be using the API. */
export interface Caller {
  readonly user: string;
  /** Whether they may manage registries. */
  readonly privileged: boolean;
}

/** Who does what nobody else is named for: the seed's tokens, above all. */
export const defaultUser = 'emulator';

/** Who gets in the way where a seed doesn't say who. */
export const otherUser = 'other';

const callers = new Map<string, Caller>([
  ['Bearer emulator', { user: defaultUser, privileged: true }],
  [`Basic ${btoa('emulator:emulator')}`, { user: defaultUser, privileged: true }],
  ['Bearer emulator-other', { user: otherUser, privileged: true }],
  [`Basic ${btoa('other:other')}`, { user: otherUser, privileged: true }],
  ['Bearer emulator-unprivileged', { user: 'unprivileged', privileged: false }],
]);

/** Who an `Authorization` header stands for, if anyone. */
export function callerOf(authorization: string | undefined): Caller | undefined {
  return callers.get(authorization ?? '');
}

/** The ID that metadata give beside a user's name. */
export function userId(name: string): string {
  return name === defaultUser ? '5f0c3a52-8f0e-4a5b-9d53-6b0e4f1f6a01' : stableUuid(`user ${name}`);
}
