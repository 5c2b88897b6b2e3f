import { expect, test } from 'vitest';
import { type Proxies, proxiesOf, proxyFor } from '../../src/http/proxy.ts';

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

test.each([
  ['a host without a scheme', 'localhost:3128'],
  ['another protocol', 'socks5://localhost:1080'],
  ['a lone % in its password', 'http://ann:p%zz@localhost:3128'],
])('%s is no proxy, and is told by the name of its variable', (_, HTTPS_PROXY) => {
  expect(proxiesOf({ HTTPS_PROXY })).toEqual({ unusable: 'HTTPS_PROXY' });
});
