import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { Branch, PushOutcome } from '../../../../src/custody/state/git/branch.ts';
import { git, hurriedClock, makePlace } from './fixtures.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves on loopback until the end of the test. */
async function serve(handler: Handler): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    handler(request, response);
  });
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${await listen(server)}`, requests };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const respond =
  (status: number, body = ''): Handler =>
  (_, response) => {
    response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {});
    response.end(body);
  };

const token = 'ghs_0123456789abcdefghij';
const pair = Buffer.from(`x-access-token:${token}`).toString('base64');

describe('credentials', () => {
  test.each(['in .git/config', 'in a file that is included for this folder'])(
    'are sent as the header that the checkout has for the address: %s',
    async (where) => {
      const { url, requests } = await serve(respond(404));
      const { folder, open } = await makePlace();
      const checkout = join(folder, 'checkout');
      git(folder, 'init', '--quiet', checkout);
      git(checkout, 'remote', 'add', 'origin', `${url}/team/app`);
      const settings = `[http "${url}/"]\n\textraheader = AUTHORIZATION: basic ${pair}\n`;
      if (where === 'in .git/config') {
        git(checkout, 'config', `http.${url}/.extraheader`, `AUTHORIZATION: basic ${pair}`);
      } else {
        await writeFile(join(folder, 'credentials.config'), settings);
        git(checkout, 'config', `includeIf.gitdir:${checkout}/.git.path`, join(folder, 'credentials.config'));
      }
      // A header for another address, and one for all, don't count.
      git(checkout, 'config', 'http.https://example.invalid/.extraheader', 'X-Other: 1');
      git(checkout, 'config', 'http.extraheader', 'X-All: 1');
      const masked: string[] = [];
      const branch = await open({ remote: 'origin', cwd: checkout, mask: (text) => masked.push(text) });
      const error = await branch.fetch().catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE', message: expect.stringMatching(/not found/) });
      const outcome = await branch.push(await branch.commit(new Map()), undefined);
      expect(outcome).toMatchObject({ kind: 'rejected' });
      expect(JSON.stringify([error.message, outcome])).not.toMatch(new RegExp(`${token}|${pair}`));
      expect(requests.length).toBeGreaterThan(1);
      for (const { headers } of requests) {
        expect(headers.authorization).toBe(`basic ${pair}`);
        expect(headers['x-other'] ?? headers['x-all']).toBeUndefined();
      }
      expect(masked).toEqual(expect.arrayContaining([pair, token]));
    },
  );

  it('are sent if the URL has them, and never shown', async () => {
    const { url, requests } = await serve(respond(404, `no access for ${token}`));
    const { open } = await makePlace();
    const masked: string[] = [];
    const remote = `${url.replace('://', `://user:${token}@`)}/team/app`;
    const branch = await open({ remote, mask: (text) => masked.push(text) });
    expect(branch.label).toBe(`${url}/team/app#reconcile-state`);
    const error = await branch.fetch().catch((thrown) => thrown);
    expect(error.message).not.toContain(token);
    expect(error.message).toContain('not found');
    const basic = Buffer.from(`user:${token}`).toString('base64');
    expect(requests.map(({ headers }) => headers.authorization)).toContain(`Basic ${basic}`);
    expect(masked).toEqual(expect.arrayContaining([token, basic]));
  });

  it("in the URL take the place of the checkout's, so that only one is sent", async () => {
    const { url, requests } = await serve(respond(404));
    const { folder, open } = await makePlace();
    git(folder, 'init', '--quiet');
    git(folder, 'config', `http.${url}/.extraheader`, `AUTHORIZATION: basic ${pair}`);
    const branch = await open({ remote: `${url.replace('://', '://user:other@')}/x` });
    await expect(branch.head()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    const basic = Buffer.from('user:other').toString('base64');
    for (const { headers } of requests) expect(headers.authorization).toBe(`Basic ${basic}`);
  });

  it('come from the helper of the user', async () => {
    const { url, requests } = await serve((request, response) =>
      respond(request.headers.authorization === undefined ? 401 : 404)(request, response),
    );
    const { folder, open } = await makePlace();
    const helper = join(folder, 'helper.sh');
    await writeFile(helper, `#!/bin/sh\necho username=u\necho password=${token}\n`, { mode: 0o755 });
    await writeFile(join(folder, 'home/.gitconfig'), `[credential]\n\thelper = ${helper}\n`);
    await expect((await open({ remote: `${url}/x` })).head()).rejects.toMatchObject({
      message: expect.stringContaining('not found'),
    });
    const basic = Buffer.from(`u:${token}`).toString('base64');
    expect(requests.at(-1)?.headers.authorization).toBe(`Basic ${basic}`);
  });

  it('that are missing are an error at once', async () => {
    const { url, requests } = await serve(respond(401));
    const { open } = await makePlace();
    const branch = await open({ remote: `${url}/x` });
    await expect(branch.fetch()).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringMatching(
        /credentials are missing or were rejected \(.*terminal prompts disabled/,
      ),
      hint: expect.stringContaining('never prompts'),
    });
    expect(requests).toHaveLength(1);
    expect(await branch.push(await branch.commit(new Map()), undefined)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('credentials'),
    });
  });
});

describe('a fault of the server', () => {
  it('that looks transient is tried three times', async () => {
    const { url, requests } = await serve(respond(503));
    const { open } = await makePlace();
    const { clock, sleeps } = hurriedClock();
    const branch = await open({ remote: `${url}/x`, clock });
    await expect(branch.fetch()).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('the connection failed'),
    });
    expect(requests).toHaveLength(3);
    expect(sleeps).toEqual([500, 2000]);
    expect(await branch.push(await branch.commit(new Map()), undefined)).toMatchObject({ kind: 'unknown' });
  });

  it('is over once it answers', async () => {
    let count = 0;
    const { url } = await serve((request, response) => {
      count += 1;
      respond(count < 3 ? 502 : 404)(request, response);
    });
    const { open } = await makePlace();
    const branch = await open({ remote: `${url}/x` });
    await expect(branch.head()).rejects.toMatchObject({ message: expect.stringContaining('not found') });
    expect(count).toBe(3);
  });

  it('is a refused connection', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const { open } = await makePlace();
    const branch = await open({ remote: `http://127.0.0.1:${port}/x` });
    await expect(branch.head()).rejects.toMatchObject({
      message: expect.stringContaining('connection failed'),
    });
    expect(await branch.push(await branch.commit(new Map()), undefined)).toMatchObject({ kind: 'unknown' });
  });

  it('is an end that comes with close', async () => {
    const { url } = await serve(() => void branch.close());
    const { open } = await makePlace();
    const branch = await open({ remote: `${url}/x` });
    await expect(branch.fetch()).rejects.toThrow('closed');
  });
});

const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const advertisement = `${line('# service=git-receive-pack\n')}0000${line(
  `${'0'.repeat(40)} capabilities^{}\0report-status delete-refs object-format=sha1\n`,
)}0000`;
/** Lets the push begin, and deals with its request. */
const receivePack =
  (handler: Handler): Handler =>
  (request, response) => {
    if (request.method === 'POST') return handler(request, response);
    response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-advertisement' });
    response.end(advertisement);
  };
const report =
  (text: string): Handler =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result' });
    response.end(text);
  };
const ref = 'refs/heads/reconcile-state';

it('silence ends at the timeout of each run of git', async () => {
  const { open } = await makePlace();
  const message = 'git took longer than 5 s';
  const hint = expect.stringContaining('--timeout');
  const at = async (handler: Handler): Promise<Branch> => {
    const { url } = await serve(handler);
    return open({ remote: `${url}/x`, timeoutSeconds: 5 });
  };
  const outcome = async (handler: Handler): Promise<PushOutcome> => {
    const branch = await at(handler);
    return branch.push(await branch.commit(new Map([['a', 'x']])), undefined);
  };
  const silent: Handler = () => undefined;
  const [fetched, ...pushed] = await Promise.all([
    (await at(silent)).fetch().catch((error) => error),
    outcome(silent),
    // Git itself waits for more.
    outcome(receivePack(report('0000'))),
    outcome(receivePack(report(line('unpack ok\n')))),
  ]);
  expect(fetched).toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining(message),
    hint,
  });
  expect(pushed[0]).toEqual({ kind: 'unknown', reason: message, hint });
  expect(pushed.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
});

describe('a push over http', () => {
  test.each([
    {
      what: 'accepts',
      handler: report(`${line('unpack ok\n')}${line(`ok ${ref}\n`)}0000`),
      kind: 'accepted',
    },
    {
      what: 'protects the branch',
      handler: report(`${line('unpack ok\n')}${line(`ng ${ref} protected branch hook declined\n`)}0000`),
      kind: 'rejected',
    },
    {
      what: 'has another commit meanwhile',
      handler: report(`${line('unpack ok\n')}${line(`ng ${ref} failed to update ref\n`)}0000`),
      kind: 'rejected',
    },
    {
      what: 'fails',
      handler: report(`${line('unpack ok\n')}${line(`ng ${ref} Internal Server Error\n`)}0000`),
      kind: 'unknown',
    },
    { what: 'forbids', handler: respond(403), kind: 'rejected' },
    { what: 'is unavailable', handler: respond(503), kind: 'unknown' },
    {
      what: 'hangs up',
      handler: (request: IncomingMessage) => void request.socket.destroy(),
      kind: 'unknown',
    },
  ])('is $kind if the server $what', async ({ handler, kind }) => {
    const { url, requests } = await serve(receivePack(handler));
    const { open } = await makePlace();
    const branch = await open({ remote: `${url}/x` });
    const outcome = await branch.push(await branch.commit(new Map([['a', 'x']])), undefined);
    expect(outcome).toMatchObject({ kind });
    expect(requests.some(({ method }) => method === 'POST')).toBe(true);
  });
});
