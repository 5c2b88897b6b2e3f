import { describe, expect, it, test } from 'vitest';
import {
  headerSecrets,
  remoteAddress,
  remoteForm,
  shownAddress,
  withoutUsers,
} from '../../../src/system/git/remote-address.ts';

test.each([
  ['https://h/x', 'url'],
  ['file:///x', 'url'],
  ['git@h:x.git', 'url'],
  ['ext::sh', 'url'],
  ['/x', 'path'],
  ['./x', 'path'],
  ['x/y', 'path'],
  ['..', 'path'],
  ['x/y:z', 'path'],
  ['origin', 'name'],
])('%s has the form of a %s', (text, form) => {
  expect(remoteForm(text)).toBe(form);
});

describe('an address', () => {
  it('gives its password as a header', () => {
    const { url, header, secrets } = remoteAddress('https://us%40er:pa%2Fss@h:8/x.git', '/');
    const pair = Buffer.from('us@er:pa/ss').toString('base64');
    expect(url).toBe('https://h:8/x.git');
    expect(header).toEqual(['http.https://h:8/x.git.extraHeader', `Authorization: Basic ${pair}`]);
    expect(secrets).toEqual(expect.arrayContaining([pair, 'pa/ss', 'pa%2Fss']));
  });

  it('keeps a user name, unless it can be a token', () => {
    expect(remoteAddress('https://git@h/x', '/')).toEqual({
      url: 'https://git@h/x',
      header: undefined,
      secrets: [],
    });
    const withToken = remoteAddress('https://ghp_0123456789abcdef@h/x', '/');
    expect(withToken.url).toBe('https://h/x');
    expect(withToken.header?.[1]).toBe(`Authorization: Basic ${btoa('ghp_0123456789abcdef:')}`);
    expect(withToken.secrets).toContain('ghp_0123456789abcdef');
    expect(remoteAddress('https://ghp_0123456789abcdef:x@h/x', '/').secrets).toContain(
      'ghp_0123456789abcdef',
    );
  });

  it('is a path from a folder', () => {
    expect(remoteAddress('../x', '/a/b').url).toBe('/a/x');
    expect(remoteAddress('/x', '/a/b').url).toBe('/x');
  });

  it.each([
    ['https://u:p@h/x?private_token=1#y', 'https://h/x'],
    ['ssh://git:p%40@h/x', 'ssh://h/x'],
    ['git@h:x.git', 'git@h:x.git'],
    ['../x', '../x'],
  ])('is shown without credentials: %s', (text, shown) => {
    expect(shownAddress(text)).toBe(shown);
  });
});

it('removes users from URLs in a text', () => {
  expect(withoutUsers("fatal: 'https://u:p@h/x' and http://t@h, not a@b")).toBe(
    "fatal: 'https://h/x' and http://h, not a@b",
  );
});

test.each([
  [`AUTHORIZATION: basic ${Buffer.from('u:password').toString('base64')}`, 'password'],
  ['Authorization: Bearer token-1234', 'token-1234'],
  ['PRIVATE-TOKEN: token-1234', 'token-1234'],
])('finds the secret of %s', (header, secret) => {
  expect(headerSecrets(header)).toContain(secret);
});
