import { ReconcileError } from '../../../core/model/errors.ts';
import { isObject, type Json, parseJson } from '../../../core/util/json.ts';
import { emptyLedgerText } from '../ledger.ts';
import { type FileChange, ledgerFile, spoolFolder } from '../store.ts';
import type { BranchCommit } from './branch.ts';
import { decodeLock, encodeLock, type LockFile } from './lock-file.ts';

/** The names of the files of the branch besides the ledger and the spool. */
const lockFile = 'lock.json';
const readmeFile = 'README.md';

/** The explanation for people who look at the branch. */
const readme = `# State of reconcile

This branch is written by reconcile (npm: reconcile-tokens). Don't edit, merge or delete it: it records which registry tokens
reconcile manages, and it keeps the secrets of new tokens, encrypted, until they are delivered.

- \`custody.json\`: the ledger. Holds no secrets.
- \`spool/\`: creates in progress, and undelivered secrets.
- \`lock.json\`: the run that is writing now, until when.

The branch always has one commit. \`reconcile state show\` prints its content.
`;

/** Returns the lease that a commit states; `unreadable` if there is one that can't be understood. */
export function lockOf(commit: BranchCommit | undefined): LockFile | 'unreadable' | undefined {
  const text = commit?.files.get(lockFile);
  return text === undefined ? undefined : (decodeLock(text) ?? 'unreadable');
}

/**
 * Throws `STATE_UNSAFE` if a branch is not a state: it has no ledger. Such a branch is never overwritten. Other files that
 * someone has added to a state are not kept.
 */
export function assertIsState({ files }: BranchCommit, label: string): void {
  const ledger = files.get(ledgerFile);
  const value = parseJson(ledger ?? '');
  if (isObject(value) && isObject(value['tokens'])) return;
  const isMissing = ledger === undefined;
  throw new ReconcileError({
    code: isMissing ? 'STATE_UNSAFE' : 'STATE_BROKEN',
    message: isMissing
      ? `the branch ${label} is not a state of reconcile: it has no ${ledgerFile}; it was not changed`
      : `the state in the branch ${label} can't be read: its ${ledgerFile} is corrupt; it was not changed`,
    hint: isMissing
      ? 'choose another branch: --state git:REMOTE#BRANCH'
      : 'restore the branch from a commit that you know; if its records and secrets are not needed, delete the branch',
  });
}

/** Returns the files that belong to the state itself: the ledger and the spool. */
export function stateFiles({ files }: BranchCommit): ReadonlyMap<string, string> {
  return new Map([...files].filter(([path]) => path === ledgerFile || path.startsWith(`${spoolFolder}/`)));
}

/**
 * Returns the files of a new commit.
 *
 * @param state the files of the state in the commit that it replaces
 * @param lock the lease that it states, if any
 */
export function filesOfCommit(
  state: ReadonlyMap<string, string>,
  changes: Iterable<FileChange>,
  lock: LockFile | undefined,
): ReadonlyMap<string, string> {
  const files = new Map([[ledgerFile, emptyLedgerText], ...state, [readmeFile, readme]]);
  for (const { name, content } of changes) {
    if (content === null) files.delete(name);
    else files.set(name, content());
  }
  if (lock) files.set(lockFile, encodeLock(lock));
  return files;
}

/** Tells whether two commits have the same files. */
export function hasSameFiles(a: BranchCommit, b: BranchCommit): boolean {
  return a.files.size === b.files.size && [...a.files].every(([name, text]) => b.files.get(name) === text);
}

/** Tells whether a ledger has an unresolved attempt with a nonce. */
export function isUnresolvedIn(ledger: string, key: string, nonce: string): boolean {
  const tokens = valueAt(parseJson(ledger), 'tokens');
  const unresolved = valueAt(valueAt(tokens, key), 'unresolved');
  return Array.isArray(unresolved) && unresolved.some((attempt: Json) => valueAt(attempt, 'nonce') === nonce);
}

function valueAt(value: Json | undefined, member: string): Json | undefined {
  return isObject(value) ? value[member] : undefined;
}
