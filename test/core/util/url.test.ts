import { describe, expect, test } from 'vitest';
import { hasUnusablePort, isLoopback, parseEndpoint } from '../../../src/core/util/url.ts';

describe('parseEndpoint', () => {
  test.each([
    {
      why: 'no path: the base path is added',
      text: 'https://api.ionos.com',
      url: 'https://api.ionos.com/base',
      host: 'api.ionos.com',
    },
    {
      why: 'a lone slash is no path',
      text: 'https://api.ionos.com/',
      url: 'https://api.ionos.com/base',
      host: 'api.ionos.com',
    },
    {
      why: 'a path of its own is kept',
      text: 'https://api.ionos.com/v2/',
      url: 'https://api.ionos.com/v2',
      host: 'api.ionos.com',
    },
    {
      why: 'no scheme: https',
      text: 'api.ionos.com',
      url: 'https://api.ionos.com/base',
      host: 'api.ionos.com',
    },
    {
      why: 'a port belongs to the host',
      text: 'https://api.ionos.com:8443',
      url: 'https://api.ionos.com:8443/base',
      host: 'api.ionos.com:8443',
    },
    {
      why: 'plain http to a loopback address',
      text: 'http://127.0.0.1:8080',
      url: 'http://127.0.0.1:8080/base',
      host: '127.0.0.1:8080',
    },
    {
      why: 'host names in lower case',
      text: 'HTTPS://API.ionos.com',
      url: 'https://api.ionos.com/base',
      host: 'api.ionos.com',
    },
  ])('takes $text ($why)', ({ text, url, host }) => {
    expect(parseEndpoint(text, '/base', false)).toEqual({ url, host });
  });

  test.each([
    { why: 'plain http', text: 'http://api.ionos.com', refused: 'only over https' },
    {
      why: 'a host that only begins like a loopback address',
      text: 'http://127.0.0.1.example.com',
      refused: 'only over https',
    },
    { why: 'a host that only ends like one', text: 'http://evil-localhost', refused: 'only over https' },
    { why: 'a password', text: 'https://user:pw@api.ionos.com', refused: 'credentials' },
    { why: 'a user', text: 'https://user@api.ionos.com', refused: 'credentials' },
    { why: 'a query', text: 'https://api.ionos.com/?a=b', refused: 'query' },
    { why: 'a fragment', text: 'https://api.ionos.com/#a', refused: 'fragment' },
    { why: 'another scheme', text: 'ftp://api.ionos.com', refused: 'neither https nor http' },
    { why: 'not a URL', text: 'https://', refused: 'not a URL' },
    { why: 'nothing', text: '', refused: 'not a URL' },
    { why: 'a port that is too large', text: 'https://api.ionos.com:99999/v2', refused: 'its port is not' },
    { why: 'port 0', text: 'http://127.0.0.1:0', refused: 'its port is not a number from 1 to 65535' },
    { why: 'a word for a port', text: 'api.ionos.com:https', refused: 'its port is not' },
    { why: 'a negative port', text: 'http://[::1]:-1', refused: 'its port is not' },
  ])('refuses $why', ({ text, refused }) => {
    expect(parseEndpoint(text, '/base', false)).toEqual({ refused: expect.stringContaining(refused) });
  });

  test('accepts plain http to any host if allowed', () => {
    expect(parseEndpoint('http://api.example.com', '/base', true)).toMatchObject({ host: 'api.example.com' });
  });
});

test.each([
  'https://a:1',
  'https://a:65535/b:0',
  'https://u:p@a',
  'http://[::1]',
  'http://[::1]:8080',
  'a:0',
])('the port of %s is usable, if it has any', (address) => {
  expect(hasUnusablePort(address)).toBe(false);
});

test.each([
  { host: 'localhost', loopback: true },
  { host: '127.0.0.1', loopback: true },
  { host: '127.9.8.7', loopback: true },
  { host: '[::1]', loopback: true },
  { host: '128.0.0.1', loopback: false },
  { host: 'localhost.example.com', loopback: false },
  { host: '0.0.0.0', loopback: false },
])('isLoopback($host) is $loopback', ({ host, loopback }) => {
  expect(isLoopback(host)).toBe(loopback);
});
