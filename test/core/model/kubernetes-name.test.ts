import { expect, test } from 'vitest';
import { kubernetesName } from '../../../src/core/model/kubernetes-name.ts';

test.each([
  { name: 'ci-push', secret: 'ci-push' },
  { name: 'CI_Push', secret: 'ci-push' },
  { name: '-a.-b-.c.', secret: 'a.b.c' },
  { name: 'ünï', secret: 'n' },
  { name: '___', secret: 'registry-token' },
  { name: 'a'.repeat(300), secret: 'a'.repeat(253) },
])('$name becomes $secret', ({ name, secret }) => {
  expect(kubernetesName(name)).toBe(secret);
});
