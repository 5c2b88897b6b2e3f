import { expect, test } from 'vitest';
import { gitFaultKind, isTransient, reasonLines } from '../../../src/system/git/fault.ts';
import { pushStatus } from '../../../src/system/git/push-status.ts';
import type { GitResult } from '../../../src/system/git/run-git.ts';

const result = (stdout: string, stderr = '', more: Partial<GitResult> = {}): GitResult => ({
  succeeded: false,
  stdout: Buffer.from(stdout),
  stderr,
  ...more,
});
const line = (flag: string, summary: string): string =>
  `To /r\n${flag}\tabc:refs/heads/x\t${summary}\nDone\n`;
const http = (status: number): string =>
  `fatal: unable to access 'https://h/x/': The requested URL returned error: ${status}\n`;

test.each([
  [result('', '', { succeeded: true }), { kind: 'accepted' }],
  [result(line('*', '[new branch]')), { kind: 'accepted' }],
  [result(line('+', 'a...b (forced update)'), '', { stopped: 'timeout' }), { kind: 'accepted' }],
  [result(line('=', '[up to date]')), { kind: 'accepted' }],
  [result(line('!', '[rejected] (stale info)')), { kind: 'rejected', cause: 'changed' }],
  [result(line('!', '[remote rejected] (failed to update ref)')), { kind: 'rejected', cause: 'changed' }],
  [
    result(line('!', '[remote rejected] (protected branch hook declined)')),
    { kind: 'rejected', cause: 'protected' },
  ],
  [
    result(
      line('!', '[remote rejected] (push declined)'),
      'remote: error: GH013: Repository rule violations',
    ),
    { kind: 'rejected', cause: 'protected' },
  ],
  [result(line('!', '[remote rejected] (permission denied)')), { kind: 'rejected', cause: 'denied' }],
  [
    result(line('!', '[remote rejected] (unpacker error)')),
    { kind: 'rejected', cause: 'other', summary: '[remote rejected] (unpacker error)' },
  ],
  [
    result(
      line('!', '[remote failure] (remote failed to report status)'),
      'error: RPC failed; HTTP 403 curl 22',
    ),
    { kind: 'rejected', cause: 'denied' },
  ],
  [result(line('!', '[remote rejected] (Internal Server Error)')), { kind: 'unknown', fault: 'unclear' }],
  [result('', http(403)), { kind: 'rejected', cause: 'denied' }],
  [result('', http(404)), { kind: 'rejected', cause: 'not_found' }],
  [result('', 'Everything up-to-date\n'), { kind: 'unknown', fault: 'unclear' }],
  [result('', 'x', { stopped: 'timeout' }), { kind: 'unknown', fault: 'timeout' }],
  // The remote's own words don't decide.
  [result('', `remote: permission denied\n${http(502)}`), { kind: 'unknown', fault: 'connection' }],
] as const)('a push with the output %j ends so: %j', (output, status) => {
  expect(pushStatus(output)).toEqual(status);
});

test.each([
  ["fatal: couldn't find remote ref refs/heads/x", 'no_such_branch'],
  ["fatal: could not read Username for 'https://h': terminal prompts disabled", 'no_credentials'],
  ["remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/'", 'no_credentials'],
  ['git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'no_credentials'],
  ['Host key verification failed.\nfatal: Could not read from remote repository.', 'host_key'],
  ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'not_found'],
  ["fatal: 'x' does not appear to be a git repository", 'not_found'],
  ['ERROR: Permission to a/b.git denied to deploy-key.', 'denied'],
  ['fatal: unable to access: SSL certificate problem: self-signed certificate', 'certificate'],
  ["fatal: unable to access 'https://h/': Could not resolve host: h", 'unknown_host'],
  ['ssh: Could not resolve hostname h: Temporary failure in name resolution', 'unknown_host'],
  ['ssh: connect to host h port 22: Connection timed out', 'connection'],
  ['fatal: early EOF', 'connection'],
  [http(429), 'connection'],
  ['fatal: mismatched algorithms: client sha1; server sha256', 'other_format'],
  ['fatal: something new', 'unclear'],
])('the fault of %j is %s', (stderr, kind) => {
  expect(gitFaultKind(result('', stderr))).toBe(kind);
  expect(isTransient(gitFaultKind(result('', stderr)))).toBe(
    kind === 'connection' || kind === 'unknown_host',
  );
});

test('the reason is in the lines that say something', () => {
  const stderr = [
    'remote: no way        ',
    'remote: ',
    'error: failed to push some refs to /r',
    'hint: try again',
    'fatal: Could not read from remote repository.',
    '',
    'Please make sure you have the correct access rights',
    'and the repository exists.',
  ].join('\n');
  expect(reasonLines(stderr)).toBe('remote: no way');
});
