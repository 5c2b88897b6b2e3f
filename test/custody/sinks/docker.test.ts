import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { checkSink, deliverTo } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, dockerSink, programIn } from './fixtures.ts';

const host = 'team-a.cr.example.com';
const auth = Buffer.from('ci-push:hunter2').toString('base64');

/** Logs in to a configuration of this text; gives the text afterwards. */
async function loggedIn(text: string): Promise<string> {
  const folder = await folderWith({ 'docker/config.json': text });
  await deliverTo(dockerSink(folder, 'docker'), delivery, contextWith(folder));
  return readFile(join(folder, 'docker/config.json'), 'utf8');
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('a login', () => {
  it('creates a missing configuration, readable by its owner only', async () => {
    const home = await folderWith({});
    await deliverTo(dockerSink('/nowhere'), delivery, contextWith(home));
    const path = join(home, '.docker/config.json');
    expect(await readFile(path, 'utf8')).toBe(
      `{\n\t"auths": {\n\t\t"${host}": {\n\t\t\t"auth": "${auth}"\n\t\t}\n\t}\n}`,
    );
    expect([await modeOf(join(home, '.docker')), await modeOf(path)]).toEqual(['700', '600']);
  });

  test.each([
    { why: 'DOCKER_CONFIG', env: (folder: string) => ({ DOCKER_CONFIG: join(folder, 'x') }), at: 'x' },
    { why: 'the home folder', env: (folder: string) => ({ HOME: join(folder, 'y') }), at: 'y/.docker' },
  ])('is written to the configuration of the docker CLI: $why', async ({ env, at }) => {
    const folder = await folderWith({});
    await deliverTo(dockerSink('/nowhere'), delivery, contextWith('/nowhere', env(folder)));
    expect(await readdir(join(folder, at))).toEqual(['config.json']);
  });

  it('goes to the folder that the manifest names', async () => {
    const folder = await folderWith({});
    const context = contextWith(folder, { DOCKER_CONFIG: join(folder, 'other') });
    await deliverTo(dockerSink(folder, 'a/b'), delivery, context);
    expect(await readdir(join(folder, 'a/b'))).toEqual(['config.json']);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('keeps the mode of the file', async () => {
    const folder = await folderWith({ 'docker/config.json': '{}' });
    const path = join(folder, 'docker/config.json');
    await chmod(path, 0o640);
    await deliverTo(dockerSink(folder, 'docker'), delivery, contextWith(folder));
    expect(await modeOf(path)).toBe('640');
  });

  it('follows a link to the file, and keeps it', async () => {
    const folder = await folderWith({ 'real.json': '{}', 'docker/x': '' });
    await symlink('../real.json', join(folder, 'docker/config.json'));
    await deliverTo(dockerSink(folder, 'docker'), delivery, contextWith(folder));
    expect(await readFile(join(folder, 'real.json'), 'utf8')).toContain(auth);
  });

  it('twice is as good as once', async () => {
    const once = await loggedIn('{\n  "auths": {}\n}\n');
    expect(await loggedIn(once)).toBe(once);
  });

  it('and others at the same time are all kept', async () => {
    const folder = await folderWith({});
    const hosts = Array.from({ length: 10 }, (_, index) => `host-${index}.example.com`);
    await Promise.all(
      hosts.map((registry) =>
        deliverTo(dockerSink(folder, 'docker'), { ...delivery, registry }, contextWith(folder)),
      ),
    );
    const { auths } = JSON.parse(await readFile(join(folder, 'docker/config.json'), 'utf8'));
    expect(Object.keys(auths).sort()).toEqual(hosts);
  });
});

describe('a configuration stays as it is but for the login', () => {
  const other = '{"auth": "b3RoZXI="}';
  test.each([
    {
      why: 'tabs, no newline at the end, signs that docker escapes, numbers as they are written',
      before: `{\n\t"psFormat": "table {{.ID}}\\u003c\\t",\n\t"5000": 1.0,\n\t"big": 12345678901234567890,\n\t"auths": {\n\t\t"a": ${other}\n\t},\n\t"z": [ 1,2 ]\n}`,
      after: `{\n\t"psFormat": "table {{.ID}}\\u003c\\t",\n\t"5000": 1.0,\n\t"big": 12345678901234567890,\n\t"auths": {\n\t\t"a": ${other},"${host}": {"auth":"${auth}"}\n\t},\n\t"z": [ 1,2 ]\n}`,
    },
    {
      why: 'blanks, an old login, which is replaced in its place',
      before: `{\n  "auths": {\n    "${host}": { "auth": "b2xk", "identitytoken": "x" },\n    "b": ${other}\n  }\n}\n`,
      after: `{\n  "auths": {\n    "${host}": {"auth":"${auth}"},\n    "b": ${other}\n  }\n}\n`,
    },
    {
      why: 'no logins yet',
      before: '{\n    "credHelpers": {},\n    "a": {"auths": {}}\n}\n',
      after: `{\n    "credHelpers": {},\n    "a": {"auths": {}},"auths": {"${host}":{"auth":"${auth}"}}\n}\n`,
    },
    {
      why: 'lines of Windows',
      before: '{\r\n  "auths": {}\r\n}\r\n',
      after: `{\r\n  "auths": {"${host}": {"auth":"${auth}"}}\r\n}\r\n`,
    },
    {
      why: 'one line',
      before: `{"auths":{"a":${other}},"x":"}\\"{"}`,
      after: `{"auths":{"a":${other},"${host}": {"auth":"${auth}"}},"x":"}\\"{"}`,
    },
    {
      why: 'one line with blanks',
      before: '{"x": 1, "y": [{}, "]"]}',
      after: `{"x": 1, "y": [{}, "]"],"auths": {"${host}":{"auth":"${auth}"}}}`,
    },
  ])('$why', async ({ before, after }) => {
    expect(await loggedIn(before)).toBe(after);
    expect(JSON.parse(after).auths[host]).toEqual({ auth });
  });

  // Programs in Go write null for an empty mapping, and read keys in any case.
  test.each([
    { before: '{"auths":null}', after: `{"auths":{"${host}":{"auth":"${auth}"}}}` },
    {
      before: '{\n\t"auths": null,\n\t"x": 1\n}',
      after: `{\n\t"auths": {"${host}":{"auth":"${auth}"}},\n\t"x": 1\n}`,
    },
    {
      before: '{"credHelpers":null,"auths":{}}',
      after: `{"credHelpers":null,"auths":{"${host}": {"auth":"${auth}"}}}`,
    },
    {
      before: '{"credsStore":null,"auths":{}}',
      after: `{"credsStore":null,"auths":{"${host}": {"auth":"${auth}"}}}`,
    },
    {
      before: '{"credsStore":"","auths":{}}',
      after: `{"credsStore":"","auths":{"${host}": {"auth":"${auth}"}}}`,
    },
    { before: `{"auths":{"${host}":null}}`, after: `{"auths":{"${host}":{"auth":"${auth}"}}}` },
    { before: '{"Auths":{"a":null}}', after: `{"Auths":{"a":null,"${host}": {"auth":"${auth}"}}}` },
    {
      before: `{"x":{"auths":1,"auths":2},"auths":{}}`,
      after: `{"x":{"auths":1,"auths":2},"auths":{"${host}": {"auth":"${auth}"}}}`,
    },
  ])('if null is the same as empty: $before', async ({ before, after }) => {
    expect(await loggedIn(before)).toBe(after);
  });

  test.each(['', '\n', '{}', ' { } '])('which may be as good as empty: %j', async (before) => {
    expect(JSON.parse(await loggedIn(before))).toEqual({ auths: { [host]: { auth } } });
  });
});

describe('a configuration is rejected by the check and by the delivery, and not changed', () => {
  const rows: readonly {
    why: string;
    text?: string;
    prepare?: (folder: string) => unknown;
    message: string;
  }[] = [
    {
      why: 'broken JSON',
      text: '{"auths": {"a": {"auth": "c2VjcmV0"}}',
      message: 'not a docker configuration',
    },
    { why: 'JSON with comments', text: '{} // mine', message: 'not a docker configuration' },
    { why: 'a list', text: '[]', message: 'not a docker configuration' },
    { why: 'logins that are none', text: '{"auths": []}', message: 'not a docker configuration' },
    { why: 'logins that are a text', text: '{"auths": "x"}', message: 'auths is not a mapping' },
    { why: 'logins that are a number', text: '{"auths": 0}', message: 'auths is not a mapping' },
    { why: 'logins twice', text: '{"auths": {}, "auths": {}}', message: 'it has auths twice' },
    { why: 'logins twice, once null', text: '{"auths": null, "auths": {}}', message: 'it has auths twice' },
    { why: 'logins in two spellings', text: '{"auths": {}, "AUTHS": {}}', message: 'it has auths twice' },
    {
      why: 'the same login twice',
      text: `{"auths": {"${host}": {}, "${host}": {}}}`,
      message: `it has ${host} twice`,
    },
    {
      why: 'helpers twice',
      text: '{"credHelpers": {}, "credHelpers": {}}',
      message: 'it has credHelpers twice',
    },
    { why: 'helpers that are a list', text: '{"credHelpers": []}', message: 'credHelpers is not a mapping' },
    {
      why: 'a helper that is none',
      text: '{"credHelpers": {"a": 1}}',
      message: 'credHelpers contains a value',
    },
    { why: 'a store that is none', text: '{"credsStore": {}}', message: 'credsStore is not a name' },
    { why: 'null', text: 'null', message: 'it is not a mapping' },
    { why: 'a comma too many', text: '{"auths": {},}', message: 'it is not JSON' },
    { why: 'a byte order mark', text: '\ufeff{}', message: 'it is not JSON' },
    { why: 'nothing but a byte order mark', text: '\ufeff', message: 'it is not JSON' },
    {
      why: 'bytes that are no text',
      prepare: async (folder) => {
        await mkdir(join(folder, 'docker'));
        await writeFile(join(folder, 'docker/config.json'), Buffer.from('{"x":"\xff"}', 'latin1'));
      },
      message: 'it is not UTF-8',
    },
    {
      why: 'mappings without end',
      text: `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      message: 'it is nested too deeply',
    },
    { why: 'more than a megabyte', text: `{"x":"${'x'.repeat(2 ** 20)}"}`, message: 'it is too large' },
    {
      why: 'a pipe',
      prepare: async (folder) => {
        await mkdir(join(folder, 'docker'));
        execFileSync('mkfifo', [join(folder, 'docker/config.json')]);
      },
      message: 'it exists and is not a regular file',
    },
    {
      why: 'a helper with a path for a name',
      text: '{"credsStore": "x/../../evil"}',
      message: 'its credential helper has an invalid name',
    },
    {
      why: 'a helper that is not there',
      text: '{"credsStore": "gone"}',
      message: 'program docker-credential-gone not found in PATH',
    },
    {
      why: 'a folder in its place',
      prepare: (folder) => mkdir(join(folder, 'docker/config.json'), { recursive: true }),
      message: 'it exists and is not a regular file',
    },
    {
      why: 'a file in the place of its folder',
      prepare: (folder) => writeFile(join(folder, 'docker'), ''),
      message: 'its parent is not a folder',
    },
    {
      why: 'a link that leads out',
      prepare: async (folder) => symlink(await folderWith({}), join(folder, 'docker')),
      message: 'outside the manifests',
    },
  ];
  test.each(rows)('$why', async ({ text, prepare, message }) => {
    const folder = await folderWith(text === undefined ? {} : { 'docker/config.json': text });
    await prepare?.(folder);
    const sink = dockerSink(folder, 'docker');
    const problem = await checkSink(sink, host, contextWith(folder));
    expect(problem).toMatchObject({ code: 'SINK_FAILED', message: expect.stringContaining(message) });
    const failure = await deliverTo(sink, delivery, contextWith(folder)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...problem });
    expect(String((failure as Error).cause)).not.toContain('c2VjcmV0');
    if (text !== undefined) expect(await readFile(join(folder, 'docker/config.json'), 'utf8')).toBe(text);
  });

  it('without a home folder', async () => {
    const context = contextWith('/nowhere', { HOME: undefined });
    expect(await checkSink(dockerSink('/nowhere'), host, context)).toMatchObject({
      message: expect.stringContaining('HOME is not set'),
      hint: 'set DOCKER_CONFIG',
    });
  });
});

describe('a credential helper', () => {
  const keeping = `
    const { readFileSync, writeFileSync } = require('node:fs');
    writeFileSync(process.env.HOME + '/given.json', JSON.stringify([process.argv.slice(2), JSON.parse(readFileSync(0))]));
    console.log('stored');
  `;
  const keepingVerb = "require('node:fs').writeFileSync(process.env.HOME + '/verb', process.argv[2])";
  const login = { ServerURL: host, Username: 'ci-push', Secret: 'hunter2' };

  test.each([
    { why: 'of all hosts', config: { credsStore: 'fake' } },
    {
      why: 'of the host, before that of all',
      config: { credsStore: 'gone', credHelpers: { [host]: 'fake' } },
    },
    {
      why: 'of all, where another host has its own',
      config: { credsStore: 'fake', credHelpers: { a: 'gone' } },
    },
  ])('gets the login, and the file stays as it is: $why', async ({ config }) => {
    const text = JSON.stringify(config);
    const folder = await folderWith({ 'docker/config.json': text });
    await programIn(folder, 'docker-credential-fake', keeping);
    await deliverTo(dockerSink(folder, 'docker'), delivery, contextWith(folder));
    expect(JSON.parse(await readFile(join(folder, 'given.json'), 'utf8'))).toEqual([['store'], login]);
    expect(await readFile(join(folder, 'docker/config.json'), 'utf8')).toBe(text);
  });

  it('is not asked where the host is to be kept in the file', async () => {
    const text = `{"credsStore":"gone","credHelpers":{"${host}":""}}`;
    expect(JSON.parse(await loggedIn(text)).auths).toEqual({ [host]: { auth } });
  });

  it('is called by what docker calls Docker Hub', async () => {
    const folder = await folderWith({ 'docker/config.json': '{"credsStore":"fake"}' });
    await programIn(folder, 'docker-credential-fake', keeping);
    const given = { ...delivery, registry: 'docker.io' };
    await deliverTo(dockerSink(folder, 'docker'), given, contextWith(folder));
    expect(await readFile(join(folder, 'given.json'), 'utf8')).toContain('"https://index.docker.io/v1/"');
  });

  it('is shown with its complaint, from its standard output, the secret masked', async () => {
    const folder = await folderWith({ 'docker/config.json': '{"credsStore":"fake"}' });
    const script = 'console.log("locked: " + require("node:fs").readFileSync(0)); process.exit(1)';
    await programIn(folder, 'docker-credential-fake', script);
    const failure = deliverTo(dockerSink(folder, 'docker'), delivery, contextWith(folder));
    await expect(failure).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringMatching(
        /^the secret can't be written to docker-credential-fake: it ended with exit code 1: locked: .*"Secret":"\(sensitive\)"/,
      ),
    });
  });

  it('is asked for its list by the check, and given nothing', async () => {
    const folder = await folderWith({ 'docker/config.json': '{"credsStore":"fake"}' });
    await programIn(folder, 'docker-credential-fake', keepingVerb);
    expect(await checkSink(dockerSink(folder, 'docker'), host, contextWith(folder))).toBeUndefined();
    expect(await readFile(join(folder, 'verb'), 'utf8')).toBe('list');
  });

  it('that fails at that is rejected by the check', async () => {
    const folder = await folderWith({
      'docker/config.json': `{"credsStore":"gone","credHelpers":{"${host}":"fake"}}`,
    });
    await programIn(
      folder,
      'docker-credential-fake',
      'console.log("the keychain is locked"); process.exit(1)',
    );
    expect(await checkSink(dockerSink(folder, 'docker'), host, contextWith(folder))).toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('the keychain is locked'),
    });
  });
});

it('the check creates no missing configuration', async () => {
  const folder = await folderWith({});
  expect(await checkSink(dockerSink(folder, 'a/b'), host, contextWith(folder))).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});
