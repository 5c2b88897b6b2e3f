import type { GitFaultKind } from '../../../system/git/fault.ts';
import type { PushStatus } from '../../../system/git/push-status.ts';

/** A description of a fault, and the advice for fixing it. */
export interface FaultExplanation {
  readonly what: string;
  readonly hint: string;
}

/** Returns the explanation of a failed run that talked to the remote repository. */
export function explainFault(kind: GitFaultKind, timeoutSeconds: number): FaultExplanation {
  if (kind === 'timeout') {
    return {
      what: `git took longer than ${timeoutSeconds} s`,
      hint: 'check the connection, or allow more time with --timeout',
    };
  }
  return explanations[kind];
}

/** Returns the explanation of a push that was rejected. */
export function explainRejection(
  status: PushStatus & { kind: 'rejected' },
  branch: string,
): FaultExplanation {
  switch (status.cause) {
    case 'changed':
      return {
        what: 'the branch is not at the expected commit',
        hint: 'another run has changed the state: run again when it has ended',
      };
    case 'protected':
      return {
        what: 'a rule or a hook of the repository rejected the push',
        hint: `allow creating and force-pushing branch ${branch}: exclude it from branch protection and rules`,
      };
    case 'other':
      return {
        what: `the remote rejected the push: ${status.summary}`,
        hint: `check that these credentials may create and force-push branch ${branch}`,
      };
    default:
      return explanations[status.cause];
  }
}

const explanations: Readonly<Record<Exclude<GitFaultKind, 'timeout'>, FaultExplanation>> = {
  aborted: { what: 'git was interrupted', hint: 'run again' },
  not_started: {
    what: "git can't be started",
    hint: 'check the installation of git, or keep the state in file:',
  },
  no_credentials: {
    what: 'the credentials are missing or were rejected',
    hint: 'reconcile never prompts: set up an SSH key or a credential helper, or let the CI checkout keep its credentials',
  },
  host_key: {
    what: "the server's SSH host key is not trusted",
    hint: 'compare its fingerprint, then add the key to ~/.ssh/known_hosts',
  },
  denied: {
    what: 'permission denied',
    hint: 'give these credentials write access to the repository (in GitHub Actions: permissions: contents: write)',
  },
  not_found: {
    what: 'repository not found',
    hint: "check the address; many servers also report a repository as missing if the credentials can't read it",
  },
  certificate: {
    what: "the server's certificate is not trusted",
    hint: "set http.sslCAInfo in the user's Git configuration, or GIT_SSL_CAINFO",
  },
  unknown_host: {
    what: 'host name not found',
    hint: 'check the address and the name server, then run again',
  },
  connection: { what: 'the connection failed', hint: 'check the network and the proxy, then run again' },
  other_format: {
    what: 'the repository uses another object format than SHA-1',
    hint: 'keep the state in a repository with SHA-1 objects',
  },
  no_such_branch: { what: 'the branch disappeared while it was read', hint: 'run again' },
  unclear: { what: 'git failed', hint: 'try the same access with git fetch in a terminal' },
};
