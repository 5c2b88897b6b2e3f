import { runHealthChecks } from '../app/doctor/health-checks.ts';
import { withUsableState } from '../app/state.ts';
import { type Problem, toProblem } from '../core/model/errors.ts';
import { checkNodeVersion, failedCheck, type HealthCheck } from '../core/model/health-check.ts';
import type { Manifests } from '../manifest/load.ts';
import { renderCheckup } from '../render/doctor-text.ts';
import { version } from '../version.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, ManifestOptions, OutputOptions, StateOptions } from './options.ts';
import { load, type Session } from './session.ts';

/** Runs `reconcile doctor`: checks the requirements of a run. Goes on after failures, and writes nothing. */
export async function doctor(
  session: Session,
  paths: readonly string[],
  options: OutputOptions & ConnectionOptions & ManifestOptions & StateOptions,
): Promise<number> {
  const { io, runtime } = session;
  const checks: HealthCheck[] = [
    { name: 'reconcile', state: 'ok', message: version },
    checkNodeVersion(io.node, [20, 19]),
  ];
  const manifests = await load(session, paths, options).catch((error: unknown) => toProblem(error));
  if ('code' in manifests) checks.push(withoutManifests(manifests, paths));
  else checks.push(checkManifests(manifests, paths));
  const known = 'code' in manifests ? { desired: [], files: [] } : manifests;
  const connections = connect(session, options);
  try {
    const { allowInsecureHttp } = options;
    const found = await withUsableState(options, runtime, (state) =>
      runHealthChecks(known, connections, runtime, { state, signal: io.interrupt, allowInsecureHttp }),
    );
    checks.push(...found);
    io.interrupt.throwIfAborted();
  } finally {
    await connections.close();
  }
  if (options.format === 'json') session.printJson({ version: 1, checks });
  else session.print(renderCheckup(checks, session.stdoutStyle));
  return checks.some(({ state }) => state === 'failed') ? exitCodes.failed : exitCodes.done;
}

/** Returns the check result for missing manifests: skipped by default, but a failure if a path was given. */
function withoutManifests(problem: Problem, paths: readonly string[]): HealthCheck {
  const name = 'manifests';
  return paths.length > 0 ? failedCheck(name, problem) : { name, state: 'skipped', message: problem.message };
}

function checkManifests(
  { desired, files, errors }: Pick<Manifests, 'desired' | 'files' | 'errors'>,
  paths: readonly string[],
): HealthCheck {
  const name = 'manifests';
  const [error] = errors;
  if (error && files.length === 0) return withoutManifests(error, paths);
  if (errors.length === 0) {
    return { name, state: 'ok', message: `${desired.length} ${desired.length === 1 ? 'token' : 'tokens'}` };
  }
  return {
    name,
    state: 'failed',
    message: errors.length === 1 ? '1 error' : `${errors.length} errors`,
    fix: 'run reconcile validate to see them',
  };
}
