import { describe, expect, test } from 'vitest';
import { decodeOwnToken, endWarning, isTokenBot, lacksApi } from '../../../src/providers/gitlab/own-token.ts';

const self = { id: 9, name: 'ci', scopes: ['api'], expires_at: '2026-12-05', user_id: 4 };
const own = (change: object = {}) => {
  const found = decodeOwnToken({ ...self, ...change } as never);
  if (!found) throw new Error('expected a token');
  return found;
};

test.each([null, [], {}, { id: '9' }])('%j shows no token', (body) => {
  expect(decodeOwnToken(body as never)).toBeUndefined();
});

test.each([
  [{ resource_type: 'project' }, true],
  [{ resource_type: 'Group' }, true],
  [{ resource_type: 'user' }, false],
  [{}, false],
])('%j is of a project or group: %s', (change, expected) => {
  expect(own(change).isOfProjectOrGroup).toBe(expected);
});

test.each([
  ['project_12_bot', true],
  ['project_12_bot1', true],
  ['group_3_bot_0a1b2c', true],
  ['service_account_group_3_ab', false],
  ['project_bot', false],
])('%s is the bot of an access token: %s', (username, expected) => {
  expect(isTokenBot({ username })).toBe(expected);
});

test.each([
  [['api'], false],
  [['read_api'], true],
  [['read_registry', 'read_user'], true],
  [['granular'], false],
  [[], false],
])('the scopes %j can change nothing: %s', (scopes, expected) => {
  expect(lacksApi(own({ scopes }))).toBe(expected);
});

describe('the end of the signed-in token', () => {
  const at = (text: string): number => Date.parse(text) / 1000;

  test('is a warning from 14 days before it', () => {
    expect(endWarning(own(), at('2026-11-21T00:00:00Z'))).toBe(
      'the token that signs in to GitLab ends on 2026-12-05',
    );
    expect(endWarning(own(), at('2026-11-20T23:59:59Z'))).toBeUndefined();
  });

  test('is none if it never comes', () => {
    expect(endWarning(own({ expires_at: null }), at('2026-11-21T00:00:00Z'))).toBeUndefined();
  });
});
