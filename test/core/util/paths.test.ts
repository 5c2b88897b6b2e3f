import { expect, test } from 'vitest';
import { isWithin } from '../../../src/core/util/paths.ts';

test.each([
  { path: '/repo/manifests', inside: true },
  { path: '/repo/manifests/a/b.json', inside: true },
  { path: '/repo/manifests/..hidden', inside: true },
  { path: '/repo', inside: false },
  { path: '/repo/manifests-2/a.json', inside: false },
  { path: '/etc/passwd', inside: false },
  { path: '/secrets/a.json', inside: true },
])('$path is in one of the folders: $inside', ({ path, inside }) => {
  expect(isWithin(['/repo/manifests', '/secrets'], path)).toBe(inside);
});

test('without folders, no path is in one', () => {
  expect(isWithin([], '/repo')).toBe(false);
});
