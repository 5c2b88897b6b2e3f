import { randomInt } from 'node:crypto';

const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const length = 32;

/** Returns a new secret: 32 letters and digits, with at least one lower-case letter, one capital and one digit. */
export function newRobotSecret(): string {
  for (;;) {
    const secret = Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
    if (hasAllClasses(secret)) return secret;
  }
}

/** Tells whether Harbor accepts a secret that a client has chosen: docs/services/harbor.md, The secret. */
export function isValidSecret(secret: string): boolean {
  return secret.length >= 8 && secret.length <= 128 && hasAllClasses(secret);
}

function hasAllClasses(secret: string): boolean {
  return /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /[0-9]/.test(secret);
}
