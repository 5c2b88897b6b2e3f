import { bech32 } from '@scure/base';

/**
 * Returns why a text is not an age recipient; `undefined` if it is one. The reason doesn't quote the text, which may
 * be a private key by mistake. Only the form is checked here, as the library that encrypts takes long to load.
 */
export function recipientProblem(text: string): { message: string; hint: string } | undefined {
  if (/^\s*AGE-SECRET-KEY-/i.test(text)) {
    return {
      message: 'this is an age private key, not a recipient',
      hint: 'use its public key, which age-keygen -y prints (age1…), and create a new key: this one may be in Git',
    };
  }
  if (!isRecipient(text)) {
    return {
      message: 'this is not an age recipient',
      hint: 'use the public key that age-keygen -y prints (age1…); plugins and SSH keys are not supported',
    };
  }
  return undefined;
}

/** Tells whether a text is a native recipient of age: X25519, or the post-quantum hybrid. */
function isRecipient(text: string): boolean {
  const decoded = text === text.toLowerCase() ? bech32.decodeUnsafe(text, false) : undefined;
  return decoded !== undefined && wordsByPrefix.get(decoded.prefix) === decoded.words.length;
}

/** The number of 5-bit words of each form of recipient, without the checksum. */
const wordsByPrefix: ReadonlyMap<string, number> = new Map([
  ['age', 52],
  ['age1pq', 1946],
]);
