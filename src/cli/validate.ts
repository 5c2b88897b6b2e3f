import { counted } from '../core/util/counted.ts';
import { problemsJson } from '../render/json.ts';
import { exitCodes } from './io.ts';
import type { ManifestOptions, OutputOptions } from './options.ts';
import { load, type Session } from './session.ts';

/** Runs `reconcile validate`: checks everything that can be checked offline. */
export async function validate(
  session: Session,
  paths: readonly string[],
  options: ManifestOptions & OutputOptions,
): Promise<number> {
  const { desired, errors, warnings } = await load(session, paths, options);
  session.reportAll(warnings, 'warning');
  if (options.format === 'json') {
    session.reportAll(errors, 'error');
    session.printJson({
      version: 1,
      valid: errors.length === 0,
      ...problemsJson('errors', errors),
      ...problemsJson('warnings', warnings),
    });
    return errors.length === 0 ? exitCodes.done : exitCodes.failed;
  }
  if (errors.length > 0) {
    session.reportAll(errors, 'error');
    session.print(
      `Invalid: ${[counted(errors.length, 'error'), ...(warnings.length > 0 ? [counted(warnings.length, 'warning')] : [])].join(', ')}.\n`,
    );
    return exitCodes.failed;
  }
  const remarks = warnings.length === 0 ? '' : ` ${counted(warnings.length, 'warning')}.`;
  session.print(`Valid: ${counted(desired.length, 'token')}.${remarks}\n`);
  return exitCodes.done;
}
