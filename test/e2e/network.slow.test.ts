import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { createCertificate, serveProxy, serveTls } from '../support/tls.ts';

const seed = '{ ionos: { registries: [{ name: team-a, tokens: [{ name: ci-push }] }] } }';
const manifest = {
  'tokens.yaml':
    'apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: team-a, name: ci-push }]\n',
};

/** A service that speaks https alone, and the variables that lead to it. */
async function secured(before?: Parameters<typeof serveTls>[2]) {
  const certificate = await createCertificate();
  const emulator = createEmulator({ seed: parseSeed(seed) });
  const port = await serveTls(certificate, emulator.fetch, before);
  return {
    emulator,
    certificate,
    port,
    cwd: await folderWith(manifest),
    env: {
      IONOS_API_URL: `https://localhost:${port}`,
      IONOS_TOKEN: 'emulator',
      NODE_EXTRA_CA_CERTS: certificate.file,
    },
  };
}

const plan = ['plan', '--detailed-exitcode'];

test('a certificate is taken where its CA is known, and its fingerprint the expected one', async () => {
  const { cwd, env, certificate } = await secured();
  expect((await reconcile(plan, { cwd, env })).code).toBe(0);
  const pinned = { ...env, IONOS_CERTIFICATE_FINGERPRINT: certificate.fingerprint };
  expect((await reconcile(plan, { cwd, env: pinned })).code).toBe(0);
});

test('a wrong fingerprint ends it before any request is sent, and both are named', async () => {
  const { cwd, env, emulator, certificate } = await secured();
  const wrong = 'ab'.repeat(32);
  const { code, stdout } = await reconcile([...plan, '--format', 'json'], {
    cwd,
    env: { ...env, IONOS_CERTIFICATE_FINGERPRINT: wrong },
  });
  expect(code).toBe(1);
  const [{ error }] = JSON.parse(stdout).changes;
  expect(error.message).toContain(wrong);
  expect(error.message).toContain(certificate.fingerprint.replaceAll(':', '').toLowerCase());
  // The switch that turns all checks of certificates off turns none of ours off.
  const { code: off } = await reconcile(plan, {
    cwd,
    env: { ...env, IONOS_CERTIFICATE_FINGERPRINT: wrong, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  });
  expect(off).toBe(1);
  expect(emulator.requests).toEqual([]);
});

test('a pin is no use over plain http, and that is said', async () => {
  const emulator = await servedEmulator(seed);
  const env = { ...emulator.env, IONOS_CERTIFICATE_FINGERPRINT: 'ab'.repeat(32) };
  expect(await reconcile(plan, { cwd: await folderWith(manifest), env })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has\s+no\s+certificate/),
  });
  expect(emulator.requests).toEqual([]);
});

test('a pin does not stand in for a CA, and SHA-1 is refused with the way to a better one', async () => {
  const { cwd, env, emulator, certificate } = await secured();
  const pinned = { ...env, NODE_EXTRA_CA_CERTS: '', IONOS_CERTIFICATE_FINGERPRINT: certificate.fingerprint };
  const unknown = await reconcile(plan, { cwd, env: pinned });
  expect(unknown).toMatchObject({ code: 1, stdout: expect.stringMatching(/certificate\s+is not accepted/) });
  const old = { ...env, IONOS_CERTIFICATE_FINGERPRINT: 'ab'.repeat(20) };
  expect(await reconcile(plan, { cwd, env: old })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('openssl x509 -noout -fingerprint -sha256'),
  });
  expect(emulator.requests).toEqual([]);
});

test('a proxy is gone through with its credentials, by a tunnel, and the pin holds at its far end', async () => {
  const { cwd, env, emulator, port, certificate } = await secured();
  const proxy = await serveProxy('ann:proxy-password-1');
  const through = {
    ...env,
    HTTPS_PROXY: `http://ann:proxy-password-1@localhost:${proxy.port}`,
    IONOS_CERTIFICATE_FINGERPRINT: certificate.fingerprint,
  };
  expect((await reconcile(plan, { cwd, env: through })).code).toBe(0);
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT localhost:${port}`]));
  const before = emulator.requests.length;
  const wrong = { ...through, IONOS_CERTIFICATE_FINGERPRINT: 'ab'.repeat(32) };
  expect((await reconcile(plan, { cwd, env: wrong })).stdout).toContain('ab'.repeat(32));
  expect(emulator.requests).toHaveLength(before);
});

test('a proxy that refuses is told, without its password; NO_PROXY goes round it', async () => {
  const { cwd, env } = await secured();
  const proxy = await serveProxy('ann:proxy-password-1');
  const refused = { ...env, HTTPS_PROXY: `http://ann:proxy-password-2@localhost:${proxy.port}` };
  const { code, stdout, stderr } = await reconcile([...plan, '--log-level', 'debug'], { cwd, env: refused });
  expect(code).toBe(1);
  expect(stdout).toMatch(/the proxy\s+rejected\s+the\s+connection\s+\(407\)/);
  expect(stdout + stderr).not.toContain('proxy-password-2');
  expect((await reconcile(plan, { cwd, env: { ...refused, NO_PROXY: 'localhost' } })).code).toBe(0);
  const unusable = await reconcile(plan, { cwd, env: { ...env, HTTPS_PROXY: 'localhost:3128' } });
  expect(unusable).toMatchObject({ code: 1, stderr: expect.stringContaining("HTTPS_PROXY can't be used") });
});

test('interim responses that were not asked for end no request, directly and by a tunnel', async () => {
  const { cwd, env, emulator } = await secured((response) => {
    response.writeContinue();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  });
  await writeFile(
    join(cwd, 'tokens.yaml'),
    `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: direct, secret: discard }
`,
  );
  expect((await reconcile(['apply', '--yes'], { cwd, env })).code).toBe(0);
  const proxy = await serveProxy();
  const through = { ...env, HTTPS_PROXY: `http://localhost:${proxy.port}` };
  expect((await reconcile(plan, { cwd, env: through })).code).toBe(0);
  expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(['ci-push', 'direct']);
});

test('plain http goes through a proxy as it is', async () => {
  const emulator = await servedEmulator(seed);
  const proxy = await serveProxy();
  const cwd = await folderWith(manifest);
  const env = { ...emulator.env, HTTP_PROXY: `http://localhost:${proxy.port}` };
  expect((await reconcile(plan, { cwd, env })).code).toBe(0);
  expect(proxy.asked[0]).toMatch(new RegExp(`^GET ${emulator.url}/`));
});

test('a peer that accepts and never answers is left when the time is over', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const cwd = await folderWith(manifest);
  for (const scheme of ['http', 'https']) {
    for (const command of [['plan'], ['apply', '-y']]) {
      const env = { IONOS_API_URL: `${scheme}://127.0.0.1:${port}`, IONOS_TOKEN: 'emulator' };
      const started = performance.now();
      const { code, stderr } = await reconcile([...command, '--deadline', '1'], { cwd, env });
      expect(code).toBe(1);
      expect(stderr).toContain('the deadline of 1 s has passed');
      // Far below the 10 s that a connection may take to be made.
      expect(performance.now() - started).toBeLessThan(8000);
    }
  }
});
