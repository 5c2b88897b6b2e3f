import { expect, it } from 'vitest';
import { gitEnvironment } from '../../../src/system/git/environment.ts';

it('passes what a user may set, and nothing else that Git reads', () => {
  const passed = {
    PATH: '/bin',
    HOME: '/home/x',
    SSH_AUTH_SOCK: '/agent',
    HTTPS_PROXY: 'http://proxy',
    GIT_SSH: 'a',
    GIT_SSH_COMMAND: 'b',
    GIT_ASKPASS: 'c',
    GIT_SSL_CAINFO: 'd',
    GIT_HTTP_USER_AGENT: 'e',
    GIT_PROXY_COMMAND: 'f',
    GIT_CONFIG_GLOBAL: 'g',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_EXEC_PATH: 'h',
    GIT_ALLOW_PROTOCOL: 'https',
  };
  const dropped = [
    'GIT_DIR',
    'GIT_TRACE_CURL',
    'GIT_CURL_VERBOSE',
    'GIT_CONFIG',
    'GIT_NEW',
    'Git_Dir',
    'GIT_SSHX',
  ];
  const env = gitEnvironment({ ...passed, ...Object.fromEntries(dropped.map((name) => [name, 'x'])) });
  expect(env).toMatchObject({ ...passed, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' });
  expect(dropped.filter((name) => name in env)).toEqual([]);
});

it("appends settings to the user's, and ours come last", () => {
  const env = gitEnvironment(
    {
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: 'x',
      GIT_CONFIG_KEY_1: 'a.b',
    },
    [['http.https://h/.extraHeader', 'A: b']],
  );
  const count = Number(env['GIT_CONFIG_COUNT']);
  const entries = Array.from({ length: count }, (_, index) => [
    env[`GIT_CONFIG_KEY_${index}`],
    env[`GIT_CONFIG_VALUE_${index}`],
  ]);
  expect(entries.slice(0, 2)).toEqual([
    ['core.hooksPath', 'x'],
    ['http.https://h/.extraHeader', 'A: b'],
  ]);
  expect(entries.findLast(([key]) => key === 'core.hooksPath')).toEqual(['core.hooksPath', '/dev/null']);
  expect(entries.flat()).not.toContain(undefined);
});

it.each(['x', '-1', '1e9', '0.5', ''])('ignores a count of settings that is not one: %j', (count) => {
  const env = gitEnvironment({ GIT_CONFIG_COUNT: count, GIT_CONFIG_KEY_0: 'a.b', GIT_CONFIG_VALUE_0: 'c' });
  expect(Object.values(env)).not.toContain('a.b');
});
