import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/model/secret.ts';
import { deliverTo } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, dockerSink, programIn } from './fixtures.ts';

interface Login {
  readonly Username: string;
  readonly Secret: string;
}

const host = delivery.registry;
const mine = { Username: 'ci-push', Secret: 'hunter2' };
const old = { Username: 'ci-push-202601010000', Secret: 'old' };
const elsewhere = { Username: 'ann', Secret: 'theirs' };

/**
 * A helper that keeps a login for each user name, and gives the first of a host, as those for pass and the Secret
 * Service do. `how` is JavaScript that changes one of its verbs.
 */
const helper = (how = ''): string => `
  const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
  const file = process.env.HOME + '/logins.json';
  const logins = JSON.parse(readFileSync(file));
  const input = readFileSync(0, 'utf8');
  const verbs = {
    list: () => '{}',
    store() {
      const { ServerURL, ...login } = JSON.parse(input);
      const others = (logins[ServerURL] ?? []).filter(({ Username }) => Username !== login.Username);
      logins[ServerURL] = [...others, login];
    },
    get() {
      const [login] = logins[input] ?? [];
      if (login) return JSON.stringify({ ServerURL: input, ...login });
      console.log('credentials not found in native keychain');
      process.exit(1);
    },
    erase() { delete logins[input]; },
  };
  ${how}
  const verb = process.argv[2];
  appendFileSync(process.env.HOME + '/asked', verb + ' ');
  const answer = verbs[verb]();
  writeFileSync(file, JSON.stringify(logins));
  if (answer) console.log(answer);
`;

/** Logs in with a helper that has these logins; gives what it has then, what it was asked, and what went wrong. */
async function loggedIn(
  logins: Readonly<Record<string, readonly Login[]>>,
  script = helper(),
  given = delivery,
) {
  const folder = await folderWith({
    'docker/config.json': '{"credsStore":"several"}',
    'logins.json': JSON.stringify(logins),
  });
  await programIn(folder, 'docker-credential-several', script);
  const failure = await deliverTo(dockerSink(folder, 'docker'), given, contextWith(folder)).catch(
    (error: unknown) => error,
  );
  const asked = (await readFile(join(folder, 'asked'), 'utf8')).trim();
  return { folder, failure, asked, logins: JSON.parse(await readFile(join(folder, 'logins.json'), 'utf8')) };
}

// After a rotation the old login, whose token is deleted, would be what docker gets.
describe('a credential helper that keeps several logins for a host', () => {
  test('has one afterwards, the one just stored, and those of other hosts as they were', async () => {
    const { failure, asked, logins } = await loggedIn({ [host]: [old], 'other.example.com': [elsewhere] });
    expect(failure).toBeUndefined();
    expect(logins).toEqual({ [host]: [mine], 'other.example.com': [elsewhere] });
    expect(asked).toBe('store get erase store get');
  });

  test('is not asked to erase what it gives back as it was stored', async () => {
    expect(await loggedIn({})).toMatchObject({
      failure: undefined,
      asked: 'store get',
      logins: { [host]: [mine] },
    });
  });

  test("is asked by the key that docker has for Docker Hub, where the user name is the same and the secret isn't", async () => {
    const key = 'https://index.docker.io/v1/';
    const keepsOld = helper(
      'verbs.store = () => { logins[JSON.parse(input).ServerURL] ??= [JSON.parse(input)]; };',
    );
    const given = { ...delivery, registry: 'docker.io', username: 'ann' };
    const { failure, asked, logins } = await loggedIn({ [key]: [elsewhere] }, keepsOld, given);
    expect(failure).toBeUndefined();
    expect(asked).toBe('store get erase store get');
    expect(logins[key]).toMatchObject([{ Username: 'ann', Secret: 'hunter2' }]);
  });

  const failing = {
    'still gives another': 'verbs.erase = () => undefined;',
    'has forgotten it': 'verbs.store = () => undefined;',
  };
  test.each(Object.entries(failing))('fails if it %s', async (_, how) => {
    const { failure, asked } = await loggedIn({ [host]: [old] }, helper(how));
    expect(failure).toMatchObject({
      code: 'SINK_FAILED',
      message: `the secret can't be written to docker-credential-several: for ${host} it returns another login than the one just stored`,
    });
    expect(asked).toBe('store get erase store get');
  });

  test("fails with its complaint if it can't erase", async () => {
    const how = 'verbs.erase = () => { console.log("the keychain is locked"); process.exit(1); };';
    const { failure } = await loggedIn({ [host]: [old] }, helper(how));
    expect(failure).toMatchObject({ message: expect.stringContaining('the keychain is locked') });
  });

  test.each([
    ["can't give any", 'verbs.get = () => { console.error("not implemented"); process.exit(1); };'],
    ['gives something else than a login', 'verbs.get = () => "stored";'],
  ])('is believed that it has stored one if it %s', async (_, how) => {
    expect(await loggedIn({ [host]: [old] }, helper(how))).toMatchObject({
      failure: undefined,
      asked: 'store get',
    });
  });

  test('is waited for until all of its answer is there', async () => {
    const how = `verbs.get = () => ' '.repeat(60_000) + JSON.stringify({ Username: 'ci-push', Secret: 'hunter2' });`;
    expect(await loggedIn({}, helper(how))).toMatchObject({ failure: undefined, asked: 'store get' });
  });

  test('never has what it gives printed', async () => {
    const how = 'verbs.erase = () => { console.error("cannot erase hunter2"); process.exit(1); };';
    const { failure } = await loggedIn({ [host]: [{ ...old, Secret: 'another-secret' }] }, helper(how));
    expect(String((failure as Error).message)).toContain('cannot erase (sensitive)');
    expect(JSON.stringify(failure)).not.toContain('another-secret');
  });

  test('is left alone by a second delivery of the same login', async () => {
    const { folder } = await loggedIn({ [host]: [old] });
    await writeFile(join(folder, 'asked'), '');
    const again = { ...delivery, secret: new Secret('hunter2') };
    await deliverTo(dockerSink(folder, 'docker'), again, contextWith(folder));
    expect((await readFile(join(folder, 'asked'), 'utf8')).trim()).toBe('store get');
  });
});
