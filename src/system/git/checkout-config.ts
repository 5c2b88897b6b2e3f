import type { GitSetting } from './environment.ts';

/** The part of Git's configuration that counts for a remote repository. */
export interface CheckoutConfig {
  /** The first URL of each remote that the checkout's own configuration names. */
  readonly remotes: ReadonlyMap<string, string>;
  /** The checkout's headers for addresses, which usually hold a credential. */
  readonly headers: readonly GitSetting[];
  /** True if the user's or the system's configuration names the program for SSH. */
  readonly hasSshCommand: boolean;
  /** True if Git reads settings from variables, as it does since version 2.31. */
  readonly readsVariables: boolean;
}

/**
 * The arguments of `git` that print this part. It needs no local scope, so it also works outside of a checkout. Reading the
 * configuration runs none of the programs that it names.
 */
export const configArgs: readonly string[] = [
  '--no-pager',
  'config',
  '--includes',
  '--show-scope',
  '-z',
  '--get-regexp',
  String.raw`^(remote\..+\.url|http\..+\.extraheader|core\.sshcommand|safe\.barerepository)$`,
];

/** Parses the output of `git` with these arguments. */
export function parseConfig(output: string): CheckoutConfig {
  const remotes = new Map<string, string>();
  const headers: GitSetting[] = [];
  let hasSshCommand = false;
  let readsVariables = false;
  const parts = output.split('\0');
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [scope, entry] = [parts[index] ?? '', parts[index + 1] ?? ''];
    const end = entry.indexOf('\n');
    // A key without a value is a boolean, and none of these keys is one.
    if (end === -1) continue;
    const [key, value] = [entry.slice(0, end), entry.slice(end + 1)];
    if (key === 'safe.barerepository') readsVariables ||= scope === 'command';
    else if (key === 'core.sshcommand') hasSshCommand ||= scope !== 'local' && scope !== 'worktree';
    else if (scope !== 'local') continue;
    else if (key.startsWith('http.')) headers.push([key, value]);
    else {
      const name = key.slice('remote.'.length, -'.url'.length);
      if (!remotes.has(name)) remotes.set(name, value);
    }
  }
  return { remotes, headers, hasSshCommand, readsVariables };
}
