import { type Check, checkNode, problemCheck } from '../core/checkup.ts';
import { type Problem, problemOf } from '../core/errors.ts';
import type { Manifests } from '../manifest/load.ts';
import { renderCheckup } from '../render/checkup-text.ts';
import { version } from '../version.ts';
import { checkUp } from '../wire/doctor.ts';
import { stateFolder, tryState } from '../wire/state.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, ManifestOptions, OutputOptions, StateOptions } from './options.ts';
import { load, type Session } from './session.ts';

/** `reconcile doctor`: whether all that a run needs is there. Stops at nothing, and writes nothing. */
export async function doctor(
  session: Session,
  paths: readonly string[],
  options: OutputOptions & ConnectionOptions & ManifestOptions & StateOptions,
): Promise<number> {
  const { io, runtime } = session;
  const checks: Check[] = [
    { name: 'reconcile', state: 'fine', message: version },
    checkNode(io.node, [20, 19]),
  ];
  const manifests = await load(session, paths, options).catch((error: unknown) => problemOf(error));
  if ('code' in manifests) checks.push(withoutManifests(manifests, paths));
  else checks.push(checkManifests(manifests, paths));
  const known = 'code' in manifests ? { desired: [], files: [] } : manifests;
  const connections = connect(session, options);
  try {
    const state = await tryState(() => stateFolder(options, runtime));
    const how = { state, signal: io.interrupt, allowInsecureHttp: options.allowInsecureHttp };
    checks.push(...(await checkUp(known, connections, runtime, how)));
    io.interrupt.throwIfAborted();
  } finally {
    await connections.close();
  }
  if (options.format === 'json') session.printJson({ version: 1, checks });
  else session.print(renderCheckup(checks, session.stdoutStyle));
  return checks.some(({ state }) => state === 'wrong') ? exitCodes.failed : exitCodes.done;
}

/** Nothing is amiss in a folder that has none yet, but in a place that was named. */
function withoutManifests(problem: Problem, paths: readonly string[]): Check {
  const name = 'manifests';
  return paths.length > 0
    ? problemCheck(name, problem)
    : { name, state: 'skipped', message: problem.message };
}

function checkManifests(
  { desired, files, errors }: Pick<Manifests, 'desired' | 'files' | 'errors'>,
  paths: readonly string[],
): Check {
  const name = 'manifests';
  const [error] = errors;
  if (error && files.length === 0) return withoutManifests(error, paths);
  if (errors.length === 0) {
    return { name, state: 'fine', message: `${desired.length} ${desired.length === 1 ? 'token' : 'tokens'}` };
  }
  return {
    name,
    state: 'wrong',
    message: errors.length === 1 ? 'there is an error in them' : `there are ${errors.length} errors in them`,
    cure: 'reconcile validate tells which',
  };
}
