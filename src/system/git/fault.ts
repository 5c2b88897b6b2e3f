import type { GitResult } from './run-git.ts';

/** The kind of a failed run of `git` that talks to a remote repository. */
export type GitFaultKind =
  | 'timeout'
  | 'aborted'
  | 'not_started'
  | 'no_credentials'
  | 'host_key'
  | 'denied'
  | 'not_found'
  | 'certificate'
  | 'unknown_host'
  | 'connection'
  | 'other_format'
  | 'no_such_branch'
  | 'unclear';

/** Rules for Git's messages in English; the first match counts. */
const rules: readonly (readonly [kind: GitFaultKind, message: RegExp])[] = [
  ['no_such_branch', /couldn't find remote ref/i],
  ['other_format', /mismatched algorithms|unknown object format|hash algorithm/i],
  ['host_key', /host key verification failed/i],
  [
    'certificate',
    /certificate problem|certificate verif|self.signed certificate|certificate subject name|SSL: no alt/i,
  ],
  [
    'no_credentials',
    /could not read (username|password)|terminal prompts disabled|authentication failed|invalid username or|requested URL returned error: 401|HTTP 401|permission denied \(|HTTP basic: access denied|too many authentication failures/i,
  ],
  [
    'denied',
    /requested URL returned error: 403|HTTP 403|permission to \S+ denied|denied to |access denied|insufficient permission|not allowed to|read-?only|you don't have permission|not authorized|unauthorized/i,
  ],
  [
    'not_found',
    /repository not found|repository '.*' not found|does not appear to be a git repository|requested URL returned error: 404|HTTP 404|could not be found|repository .*does not exist/i,
  ],
  ['unknown_host', /could not resolve|name or service not known|name resolution|no address associated/i],
  [
    'connection',
    /connection (refused|reset|timed out|closed|was closed)|failed to connect|couldn't connect|could not connect|unable to connect|empty reply|early EOF|hung up|unexpected disconnect|RPC failed|SSL_|\bTLS\b|operation timed out|kex_exchange|recv failure|send failure|broken pipe|network is unreachable|no route to host|error: (429|5\d\d)|HTTP (429|5\d\d)|transfer closed|shallow file has changed/i,
  ],
];

/** Returns the kind of a failed run. */
export function gitFaultKind({ stopped, stderr }: GitResult): GitFaultKind {
  if (stopped === 'timeout' || stopped === 'aborted' || stopped === 'not_started') return stopped;
  // The remote's own text can say anything. Git's messages come without this prefix.
  const own = stderr.replace(/^remote:.*$/gm, '');
  return rules.find(([, message]) => message.test(own))?.[0] ?? 'unclear';
}

/** Tells whether the same run may succeed a moment later. */
export function isTransient(kind: GitFaultKind): boolean {
  return kind === 'connection' || kind === 'unknown_host';
}

/** Lines of Git that say nothing about the reason. */
const noise =
  /^(hint: .*|warning: .*|Please make sure you have the correct access rights|and the repository exists\.|(error: )?failed to push some refs to .*|fatal: Could not read from remote repository\.|Everything up-to-date|To .*|Done)?$/i;

/** Returns the lines of Git's messages that say something about the reason of a failure. */
export function reasonLines(stderr: string): string {
  return stderr
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^remote:\s*$/, '').trim())
    .filter((line) => !noise.test(line))
    .join('\n');
}
