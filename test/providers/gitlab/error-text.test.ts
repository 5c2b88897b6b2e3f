import { expect, test } from 'vitest';
import { gitlabInfo } from '../../../src/providers/gitlab/service.ts';

test.each([
  [{ message: '404 Project Not Found' }, '404 Project Not Found'],
  [{ message: { expires_at: ['must be before 2027-11-30'] } }, 'expires_at: must be before 2027-11-30'],
  [
    { message: { name: ['is too long', "can't be blank"], base: ['No more tokens'] } },
    "name: is too long, can't be blank; No more tokens",
  ],
  [{ message: { 'a.b': { c: ['d'] } } }, 'a.b: c: d'],
  [{ message: ['one', 'two'] }, 'one; two'],
  [{ error: 'scopes does not have a valid value' }, 'scopes does not have a valid value'],
  [
    { error: 'insufficient_scope', error_description: 'The request requires more.', scope: 'api' },
    'insufficient_scope: The request requires more.',
  ],
  [{ message: '', error: 'invalid_token' }, 'invalid_token'],
  [{ message: { name: [] } }, undefined],
  [{}, undefined],
])('%j', (body, text) => {
  expect(gitlabInfo.errorText(body as never)).toBe(text);
});
