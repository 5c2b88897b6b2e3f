import { randomInt } from 'node:crypto';
import { Secret } from '../core/model/secret.ts';

const length = 32;
const classes = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];
const alphabet = classes.join('');

/** Hands a secret of ours to a request that sets it. */
export function sendSecret<T>(secret: Secret, send: (text: string) => Promise<T>): Promise<T> {
  return send(secret.reveal());
}

/** Chooses a random secret: 32 letters and digits, with at least one of each case and one digit. */
export function chooseSecret(): Secret {
  for (;;) {
    const text = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length)));
    // Chosen again as a whole, so that all allowed secrets are equally likely.
    if (classes.every((own) => text.some((character) => own.includes(character)))) {
      return new Secret(text.join(''));
    }
  }
}
