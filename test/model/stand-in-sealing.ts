import { createHash } from 'node:crypto';
import { Secret } from '../../src/core/model/secret.ts';
import type { Sealing } from '../../src/custody/state/sealing.ts';

/** Creates a stand-in for the encryption of secrets, whose ciphers take real time: it only hides them. */
export async function createSealing(): Promise<Sealing> {
  return {
    recipient: 'age1model',
    assertKey: () => undefined,
    seal: async (secret) => Buffer.from(secret.reveal()).toString('base64'),
    sign: (text) => createHash('sha256').update(text).digest('hex'),
    isSigned: (text, mark) => createHash('sha256').update(text).digest('hex') === mark,
    open: async (sealed) => new Secret(Buffer.from(sealed, 'base64').toString('utf8')),
  };
}
