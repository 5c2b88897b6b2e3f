import { describe, expect, test } from 'vitest';
import { type Proxies, proxyFor, readProxies } from '../../src/http/proxy.ts';

const proxies: Proxies = { http: 'http://plain.example:3128', https: 'http://secure.example:3128', none: '' };

test.each([
  { why: 'https goes through its own', address: 'https://api.example', given: proxies, proxy: proxies.https },
  { why: 'http too', address: 'http://api.example', given: proxies, proxy: proxies.http },
  {
    why: 'https never goes through the one of http',
    address: 'https://api.example',
    given: { ...proxies, https: '' },
    proxy: '',
  },
  {
    why: "loopback is not another machine's: credentials would go there in the clear",
    address: 'http://127.0.0.1:8080',
    given: proxies,
    proxy: '',
  },
  {
    why: 'a proxy of this machine may lead to it',
    address: 'http://[::1]:8080',
    given: { ...proxies, http: 'http://localhost:3128' },
    proxy: 'http://localhost:3128',
  },
])('$why', ({ address, given, proxy }) => {
  expect(proxyFor(address, given)).toBe(proxy);
});

describe('NO_PROXY', () => {
  test.each([
    { none: '10.0.0.0/8', address: 'https://10.1.2.3', direct: true },
    { none: '10.0.0.0/8', address: 'https://11.1.2.3', direct: false },
    { none: 'a.example, 192.168.1.0/24', address: 'https://192.168.1.77:8443', direct: true },
    { none: '192.168.1.0/24:8443', address: 'https://192.168.1.77:8443', direct: true },
    { none: '192.168.1.0/24:8443', address: 'https://192.168.1.77', direct: false },
    { none: '192.168.1.77', address: 'https://192.168.1.77', direct: true },
    { none: '192.168.1.77:443', address: 'https://192.168.1.77', direct: true },
    { none: '0.0.0.0/0', address: 'https://8.8.8.8', direct: true },
    { none: '10.0.0.0/33', address: 'https://10.1.2.3', direct: false },
    { none: 'fd00::/8', address: 'https://[fd12::1]', direct: true },
    { none: 'fd00::/8', address: 'https://[fe80::1]', direct: false },
    { none: '::1', address: 'https://[fd12::1]', direct: false },
    { none: '[fd12::1]:443', address: 'https://[fd12::1]', direct: true },
    { none: 'fd12::1', address: 'https://[fd12::1]', direct: true },
    { none: '10.0.0.0/8', address: 'https://ten.example', direct: false },
  ])('$none: $address goes without the proxy: $direct', ({ none, address, direct }) => {
    expect(proxyFor(address, { ...proxies, none })).toBe(direct ? '' : proxies.https);
  });
});

test.each([
  ['a host without a scheme', 'localhost:3128', /not an http or https URL/],
  ['another protocol', 'socks5://localhost:1080', /not an http or https URL/],
  [
    'a port that is too large',
    'http://ann:secret@localhost:99999',
    /its port is not a number from 1 to 65535/,
  ],
  ['a lone % in its password', 'http://ann:p%zz@localhost:3128', /holds a % that is not part of an escape/],
  ['a lone % in its user name', 'http://a%nn:p@localhost:3128', /holds a %/],
])('%s is not a proxy, and the variable is named', (_, HTTPS_PROXY, reason) => {
  expect(readProxies({ HTTPS_PROXY })).toMatchObject({
    unusable: 'HTTPS_PROXY',
    reason: expect.stringMatching(reason),
  });
});
