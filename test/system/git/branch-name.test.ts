import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { isBranchName } from '../../../src/system/git/branch-name.ts';

test.each([
  'reconcile-state',
  'reconcile-state-shard-3',
  'team/state',
  'refs/heads/x',
  'ünï',
  'a.b',
  'a@b',
  'a{b}',
  "a'b$(c)",
  'head',
  '-x',
  '.x',
  'a/.x',
  'x.lock',
  'x.lock/a',
  'x.',
  'x/',
  '/x',
  'a//b',
  'a..b',
  'a b',
  'a~b',
  'a^b',
  'a:b',
  'a?b',
  'a*b',
  'a[b',
  'a\\b',
  'a@{b',
  'a\tb',
  'a\u007fb',
])('%j is a name of a branch if git says so', (name) => {
  const { status } = spawnSync('git', ['check-ref-format', '--branch', name], { cwd: '/' });
  expect(isBranchName(name)).toBe(status === 0);
});

test.each(['', '@', 'HEAD', 'a\u0085b', '\ud800'])('%j is not a name of a branch', (name) => {
  expect(isBranchName(name)).toBe(false);
});
