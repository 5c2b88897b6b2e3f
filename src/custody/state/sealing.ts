import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { ReconcileError } from '../../core/model/errors.ts';
import { Secret } from '../../core/model/secret.ts';

/** Encryption of the secrets in a store that others can read, and proof of who wrote its entries. */
export interface Sealing {
  /** The age recipient that secrets are encrypted to; `undefined` without a key. */
  readonly recipient: string | undefined;
  /** Throws `STATE_KEY` without a key. */
  assertKey(): void;
  /** Returns a secret encrypted. Throws `STATE_KEY` without a key. */
  seal(secret: Secret): Promise<string>;
  /**
   * Decrypts a secret. Throws `STATE_KEY` without the right key.
   * @param recipient the recipient that it was encrypted to
   */
  open(sealed: string, recipient: string): Promise<Secret>;
  /** Returns a mark of a text that only a holder of the key can make. Throws `STATE_KEY` without a key. */
  sign(text: string): string;
  /** Tells whether a text has the mark of the key; `undefined` without a key. */
  isSigned(text: string, mark: string): boolean | undefined;
}

/** A text that holds an age identity, and the place that it comes from, for messages. */
export interface KeyText {
  readonly text: string;
  readonly from: string;
}

/**
 * Creates the encryption with an age identity. The text may be that of a file from `age-keygen`, with comments. Throws
 * `STATE_KEY` if it isn't an identity.
 * @param key `undefined` if there is none: secrets can be neither written nor read then
 */
export async function createSealing(key: KeyText | undefined): Promise<Sealing> {
  if (!key) {
    return {
      recipient: undefined,
      assertKey: () => {
        throw missingKey('secrets of new tokens are encrypted before they are pushed, and there is no key');
      },
      seal: async () => {
        throw missingKey('a secret is to be encrypted, and there is no key');
      },
      open: async (_, recipient) => {
        throw missingKey(
          `the state holds a secret that is encrypted to the key of ${recipient}, and there is no key`,
        );
      },
      sign: () => {
        throw missingKey('an entry of the spool is to be written, and there is no key');
      },
      isSigned: () => undefined,
    };
  }
  // Loaded on demand: its ciphers take longer to load than a plan takes.
  const { armor, Decrypter, Encrypter, identityToRecipient } = await import('age-encryption');
  const identity = identityIn(key);
  const ownRecipient = await identityToRecipient(identity).catch(() => {
    throw invalidKey(key.from);
  });
  const encrypter = new Encrypter();
  encrypter.addRecipient(ownRecipient);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  // Anyone can encrypt to a recipient. Only the identity proves who wrote an entry.
  const signingKey = Buffer.from(hkdfSync('sha256', identity, '', 'reconcile spool entry', 32));
  const sign = (text: string): string => createHmac('sha256', signingKey).update(text).digest('hex');
  return {
    recipient: ownRecipient,
    assertKey: () => undefined,
    sign,
    isSigned(text, mark) {
      const [expected, actual] = [sign(text), mark].map((hex) => Buffer.from(hex, 'utf8'));
      return (
        expected !== undefined && actual?.length === expected.length && timingSafeEqual(expected, actual)
      );
    },
    seal: async (secret) => armor.encode(await encrypter.encrypt(secret.reveal())),
    async open(sealed, recipient) {
      try {
        return new Secret(await decrypter.decrypt(armor.decode(sealed), 'text'));
      } catch (error) {
        throw new ReconcileError(
          {
            code: 'STATE_KEY',
            message: `the state holds a secret that is encrypted to the key of ${recipient}, but ${key.from} is the key of ${ownRecipient}`,
            hint: 'use that key for this state; if it is lost, so is the secret: discard it with reconcile spool drop, then recreate the token',
          },
          { cause: error },
        );
      }
    },
  };
}

/** A new key, as a file that age can read too. */
export interface NewKey {
  readonly identity: string;
  /** The public part. */
  readonly recipient: string;
}

/** Creates a key: a new X25519 identity of age. */
export async function createKey(): Promise<NewKey> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

function identityIn({ text, from }: KeyText): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const [identity, ...more] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identity === undefined || more.length > 0 || !/^AGE-SECRET-KEY-1[A-Z0-9]+$/.test(identity)) {
    throw invalidKey(from);
  }
  return identity;
}

function missingKey(message: string): ReconcileError {
  return new ReconcileError({
    code: 'STATE_KEY',
    message,
    hint: 'set RECONCILE_STATE_KEY, or pass --state-key FILE; reconcile state key creates a key',
  });
}

function invalidKey(from: string): ReconcileError {
  return new ReconcileError({
    code: 'STATE_KEY',
    message: `${from} is not an age identity`,
    hint: 'it has one line that begins with AGE-SECRET-KEY-1; reconcile state key creates one',
  });
}
