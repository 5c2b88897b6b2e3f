import type { Masker, Secret } from '../core/model/secret.ts';

/** Where a secret has to be known before it goes anywhere. */
export interface RegistrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly masker: Masker;
  /** Writes a line to stderr as it is. */
  readonly writeLine: (line: string) => void;
}

/**
 * Tells of each secret before it goes anywhere: what is printed from then on is masked, and GitHub Actions is told
 * to hide it. That line is the one place outside of sinks and spool where a secret shows.
 */
export function secretRegistrar({ env, masker, writeLine }: RegistrationContext): (secret: Secret) => void {
  return (secret) => {
    if (!masker.add(secret)) return;
    if (env['GITHUB_ACTIONS'] === 'true') {
      for (const line of secret.reveal().split(/\r?\n/)) {
        // Escapes of the runner's command syntax.
        if (line !== '') writeLine(`::add-mask::${line.replaceAll('%', '%25')}`);
      }
    }
  };
}
