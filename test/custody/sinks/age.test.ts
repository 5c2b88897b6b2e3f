import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { armor, Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it, test } from 'vitest';
import { formatSecret } from '../../../src/custody/sinks/format.ts';
import { checkSink, deliverTo, renderContent, writeSinkFile } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, fileSink } from './fixtures.ts';

async function decrypted(text: string, identity: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(armor.decode(text), 'text');
}

describe('an encrypted file', () => {
  test.each(['raw', 'json', 'env', 'dockerconfigjson', 'kubernetes'] as const)(
    'can be read by its recipients only: %s',
    async (format) => {
      const folder = await folderWith({});
      const identities = [await generateIdentity(), await generateIdentity()];
      const age = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
      await deliverTo(fileSink(folder, 'token.age', { format, age }), delivery, contextWith(folder));
      const text = await readFile(join(folder, 'token.age'), 'utf8');
      for (const identity of identities) {
        expect(await decrypted(text, identity)).toBe(formatSecret({ format }, delivery));
      }
      await expect(decrypted(text, await generateIdentity())).rejects.toThrow();
    },
  );

  it('is text that can be committed', async () => {
    const sink = fileSink('/', 'a', { age: [await identityToRecipient(await generateIdentity())] });
    const text = await renderContent(sink, delivery);
    expect(text).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]+\n-----END AGE ENCRYPTED FILE-----\n$/);
    expect(text).not.toContain('hunter2');
  });

  it('can be rendered first, and written later', async () => {
    const folder = await folderWith({});
    const identity = await generateIdentity();
    const sink = fileSink(folder, 'token.age', { age: [await identityToRecipient(identity)] });
    const content = await renderContent(sink, delivery);
    await writeSinkFile(sink, content);
    expect(await readFile(join(folder, 'token.age'), 'utf8')).toBe(content);
  });

  it('is rejected if a recipient is invalid, which is not quoted: it may be a private key', async () => {
    const folder = await folderWith({});
    const identity = await generateIdentity();
    const sink = fileSink(folder, 'token.age', { age: [identity] });
    const problem = await checkSink(sink, 'team-a.cr.example.com', contextWith(folder));
    expect(problem).toMatchObject({
      code: 'SINK_FAILED',
      message: "the secret can't be written to token.age: its age recipient 1 is not valid",
    });
    expect(JSON.stringify(problem)).not.toContain(identity);
    await expect(renderContent(sink, delivery)).rejects.toMatchObject({ code: 'SINK_FAILED' });
  });
});
