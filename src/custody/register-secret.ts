import type { Masker, Secret } from '../core/model/secret.ts';

/** The context for registering a secret before it goes anywhere. */
export interface RegistrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly masker: Masker;
  /** Writes a line to stderr without masking it. */
  readonly writeLine: (line: string) => void;
}

/**
 * Returns a function that registers each secret before it goes anywhere, so that output is masked from then on. On GitHub
 * Actions it also sends the runner an `add-mask` command. That line is the only place outside of sinks and spool that shows
 * a secret.
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
