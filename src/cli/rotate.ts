import type { DesiredState } from '../app/plan.ts';
import { type Problem, ReconcileErrors } from '../core/model/errors.ts';
import { matchesGlob } from '../core/plan/prune.ts';
import { type ApplyingOptions, applyPaths, requireConsent } from './apply.ts';
import type { Session } from './session.ts';

/** The options of `rotate`: those of `apply`, except for the selection. */
export type RotateOptions = Omit<ApplyingOptions, 'replace' | 'target' | 'keepGoing' | 'plan' | 'expect'> & {
  /** PATHs of manifests. */
  readonly file: readonly string[];
};

/** Runs `reconcile rotate`: creates the next generation of these families, whether it is due or not. */
export async function rotate(
  session: Session,
  addresses: readonly string[],
  { file, ...options }: RotateOptions,
): Promise<number> {
  requireConsent(session, options, 'pass -y to rotate without approval');
  return applyPaths(
    session,
    file,
    { ...options, replace: addresses, target: addresses, keepGoing: false },
    { check: (desiredState) => rejectOthers(addresses, desiredState) },
  );
}

/** Throws if one of these addresses is not a rotating family. */
function rejectOthers(addresses: readonly string[], { desired }: DesiredState): void {
  const problems = addresses.flatMap((address): readonly Problem[] => {
    const entry = desired.find((known) => known.address === address);
    const others = desired.filter((known) => known !== entry && matchesGlob(address, known.address));
    if (others.length > 0) {
      return [
        {
          code: 'USAGE',
          message: `${address} is also a pattern that matches ${others.map((other) => other.address).join(', ')}`,
          hint: 'rename the token with * or ? in its name, so that only one family rotates',
        },
      ];
    }
    if ((entry?.rotation || entry?.renewal) && entry.state === 'present') return [];
    if (!entry) {
      return [
        {
          code: 'USAGE',
          message: `${address}: no manifest declares it`,
          hint: 'reconcile plan --format json shows the addresses; use --file for manifests in other places',
        },
      ];
    }
    return [
      {
        code: 'USAGE',
        message: `${address}: its entry has no rotate`,
        hint: `add rotate to the entry; or recreate the token now with reconcile apply --replace ${address}`,
        source: entry.source,
      },
    ];
  });
  if (problems.length > 0) throw new ReconcileErrors(problems);
}
