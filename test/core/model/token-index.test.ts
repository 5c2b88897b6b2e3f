import { expect, test } from 'vitest';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { token } from '../fixtures.ts';

test('a name is looked up with every form that a service may have given it', () => {
  const names = ['CI-Push', 'ci-push', 'ci', 'CI', 'ci-push-2', 'push', 'deploy'];
  const index = indexTokens(names.map((name) => token(name, name)));
  expect(index.alike('CI-Push').map(({ name }) => name)).toEqual(['CI-Push', 'ci', 'CI', 'ci-push']);
  expect(index.alike('nothing')).toEqual([]);
});
