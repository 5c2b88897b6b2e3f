import { expect, test } from 'vitest';
import { classifyFault } from '../../src/http/faults.ts';

function failed(properties: object, message = 'x'): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), properties) });
}

test.each([
  { why: 'a refused connection', error: failed({ code: 'ECONNREFUSED' }) },
  { why: 'an unknown host', error: failed({ code: 'ENOTFOUND' }) },
  { why: 'no connection in time', error: failed({ code: 'UND_ERR_CONNECT_TIMEOUT' }) },
])('the server has certainly not received a request after $why', ({ error }) => {
  expect(classifyFault(error)).toMatchObject({ unsent: true });
});

test.each([
  { why: 'a reset connection', error: failed({ code: 'ECONNRESET' }), fault: { broken: true } },
  { why: 'a broken socket', error: failed({ code: 'UND_ERR_SOCKET' }), fault: { broken: true } },
  {
    why: 'a failed read on an established connection',
    error: failed({ code: 'EHOSTUNREACH', syscall: 'read' }),
    fault: {},
  },
  { why: 'an unknown error', error: failed({ code: 'EOTHER' }), fault: {} },
  { why: 'a value that is not an error', error: 'x', fault: {} },
])('the server may have received a request after $why', ({ error, fault }) => {
  expect(classifyFault(error)).toMatchObject({ unsent: false, ...fault });
});

test.each([
  { why: 'a certificate', error: failed({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), unsent: true },
  {
    why: 'a host name that the certificate lacks',
    error: failed({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    unsent: true,
  },
  { why: 'a proxy', error: failed({}, 'Proxy response (407) !== 200 when HTTP Tunneling'), unsent: true },
  { why: 'a port without TLS', error: failed({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), unsent: false },
])('a retry would fail again by $why', ({ error, unsent }) => {
  expect(classifyFault(error)).toMatchObject({ permanent: true, unsent });
});

test('the first known error among the causes counts', () => {
  const error = new Error('a', { cause: failed({ code: 'ECONNREFUSED' }) });
  expect(classifyFault(error)).toEqual(classifyFault(failed({ code: 'ECONNREFUSED' })));
});
