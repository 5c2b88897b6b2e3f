import type { Encrypter } from 'age-encryption';
import { sinkError } from './sink-error.ts';

/** Encrypts a text to age recipients. The result is armored, so that it can be committed and pasted. */
export async function encryptTo(sink: string, recipients: readonly string[], text: string): Promise<string> {
  const { armor, encrypter } = await prepare(sink, recipients);
  const armored = armor.encode(await encrypter.encrypt(text));
  return armored.endsWith('\n') ? armored : `${armored}\n`;
}

/** Throws if a recipient is invalid. */
export async function checkRecipients(sink: string, recipients: readonly string[]): Promise<void> {
  if (recipients.length > 0) await prepare(sink, recipients);
}

async function prepare(
  sink: string,
  recipients: readonly string[],
): Promise<{ armor: typeof import('age-encryption').armor; encrypter: Encrypter }> {
  // Loaded on demand: its ciphers take longer to load than a plan takes.
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // The library's message quotes the text, which may be a private key by mistake.
      throw sinkError(
        sink,
        `its age recipient ${index + 1} is not valid`,
        'use the output of age-keygen -y (age1…); plugins and SSH keys are not supported',
      );
    }
  }
  return { armor, encrypter };
}
