import { type Check, checkNode } from '../core/checkup.ts';
import { problemOf } from '../core/errors.ts';
import type { Manifests } from '../manifest/load.ts';
import { renderCheckup } from '../render/checkup-text.ts';
import { version } from '../version.ts';
import { checkUp } from '../wire/doctor.ts';
import { readState, stateFolder } from '../wire/state.ts';
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
  if ('code' in manifests) checks.push({ name: 'manifests', state: 'skipped', message: manifests.message });
  else checks.push(checkManifests(manifests));
  const known = 'code' in manifests ? { desired: [], files: [] } : manifests;
  const connections = connect(session, options);
  try {
    const state = await readState(await stateFolder(options.stateDir, paths, runtime));
    checks.push(...(await checkUp(known, connections, runtime, { state, signal: io.interrupt })));
  } finally {
    await connections.close();
  }
  if (options.format === 'json') session.printJson({ version: 1, checks });
  else session.print(renderCheckup(checks, session.stdoutStyle));
  return checks.some(({ state }) => state === 'wrong') ? exitCodes.failed : exitCodes.done;
}

function checkManifests({ desired, files, errors }: Pick<Manifests, 'desired' | 'files' | 'errors'>): Check {
  const name = 'manifests';
  const [error] = errors;
  if (error && files.length === 0) return { name, state: 'skipped', message: error.message };
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
