import { expect, test } from 'vitest';
import { isWithin } from '../../../src/core/util/paths.ts';

test.each([
  { path: '/work/manifests', inside: true },
  { path: '/work/manifests/a/b.json', inside: true },
  { path: '/work/manifests/..hidden', inside: true },
  { path: '/work', inside: false },
  { path: '/work/manifests-2/a.json', inside: false },
  { path: '/etc/passwd', inside: false },
  { path: '/secrets/a.json', inside: true },
])('$path is in one of the folders: $inside', ({ path, inside }) => {
  expect(isWithin(['/work/manifests', '/secrets'], path)).toBe(inside);
});

test('without folders, no path is in one', () => {
  expect(isWithin([], '/work')).toBe(false);
});
