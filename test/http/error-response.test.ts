import { describe, expect, test } from 'vitest';
import { faultError, maskFor, responseError, type ServiceContext } from '../../src/http/error-response.ts';

const context: ServiceContext = {
  service: 'IONOS',
  baseUrl: 'https://api.example.com/v1',
  mask: (text) => text.replaceAll('hunter2', '***'),
  authHints: { unauthorized: 'log in', forbidden: (_, path) => `ask for ${path}` },
  errorText: () => undefined,
};

const response = (status: number, text = '{}') => ({ status, text, headers: new Headers() });

describe('the code of an error by the status of the response', () => {
  test.each([
    { method: 'GET', status: 301, code: 'API_REJECTED' },
    { method: 'GET', status: 400, code: 'API_REJECTED' },
    { method: 'GET', status: 401, code: 'AUTH' },
    { method: 'GET', status: 403, code: 'AUTH' },
    { method: 'GET', status: 404, code: 'NOT_FOUND' },
    { method: 'GET', status: 408, code: 'API_UNAVAILABLE' },
    { method: 'GET', status: 429, code: 'API_UNAVAILABLE' },
    { method: 'GET', status: 503, code: 'API_UNAVAILABLE' },
    { method: 'POST', status: 503, code: 'OUTCOME_UNKNOWN' },
    { method: 'PUT', status: 408, code: 'OUTCOME_UNKNOWN' },
    { method: 'POST', status: 429, code: 'API_UNAVAILABLE' },
    { method: 'DELETE', status: 500, code: 'API_UNAVAILABLE' },
  ])('$method, $status: $code', ({ method, status, code }) => {
    expect(responseError(context, { method, path: '/tokens' }, response(status))).toMatchObject({
      code,
      httpStatus: status,
    });
  });
});

test('401 and 403 have the hints of the service', () => {
  const hintFor = (status: number) =>
    responseError(context, { method: 'GET', path: '/tokens' }, response(status)).hint;
  expect([401, 403].map(hintFor)).toEqual(['log in', 'ask for /tokens']);
});

describe('the ID of the request', () => {
  const nonce = '7a1c9c4e-2f5b-4f0a-9d7e-0123456789ab';
  const errorFor = (method: string, id: string, headers: Readonly<Record<string, string>> = {}) =>
    responseError(
      context,
      { method, path: '/tokens', headers },
      { status: 400, text: '{}', headers: new Headers({ 'x-request-id': id }) },
    ).message;

  test('is in the message', () => {
    expect(errorFor('GET', nonce)).toContain(`GET /tokens, request ID ${nonce}`);
  });

  test('of a create is in the message only if it is the one that was sent, as any other text can be the secret', () => {
    expect(errorFor('POST', nonce, { 'x-request-id': nonce })).toContain(`request ID ${nonce}`);
    expect(errorFor('POST', '8f3Kd93jfKq02mdP4nsQ', { 'x-request-id': nonce })).not.toContain('request ID');
  });

  test.each(['hunter2', 'two words', '<b>', 'x'.repeat(129)])('is left out if it is %s', (id) => {
    expect(errorFor('GET', id)).not.toContain('request ID');
  });
});

test('a known secret in the response is masked', () => {
  const error = responseError(
    context,
    { method: 'GET', path: '/' },
    response(400, '{"message":"bad hunter2"}'),
  );
  expect(error.message).not.toContain('hunter2');
});

test('in the response to a create, every possible secret is masked, but not the words of the request', () => {
  const request = { method: 'POST', path: '/tokens', body: { name: 'ci-push-of-team-alpha' } };
  const text = 'ci-push-of-team-alpha has 8f3Kd93jfKq02mdP4nsQ';
  expect(maskFor(context, request)(text)).toContain('ci-push-of-team-alpha');
  expect(maskFor(context, request)(text)).not.toContain('8f3Kd93jfKq02mdP4nsQ');
  expect(maskFor(context, { ...request, method: 'GET' })(text)).toBe(text);
});

test.each([
  { method: 'GET', unsent: false, code: 'API_UNAVAILABLE' },
  { method: 'POST', unsent: true, code: 'API_UNAVAILABLE' },
  { method: 'POST', unsent: false, code: 'OUTCOME_UNKNOWN' },
])('a $method without a response, certainly not sent: $unsent, is $code', ({ method, unsent, code }) => {
  const error = faultError(context, { method, path: '/' }, { why: 'it broke at hunter2', unsent });
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('hunter2');
});
