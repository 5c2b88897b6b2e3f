import { relative, sep } from 'node:path';
import type { PlanRun } from '../app/plan.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import type { Change } from '../core/model/plan.ts';
import { isEncrypted, type Sink } from '../core/model/sink.ts';
import { fileOfSink, usesFile } from '../core/model/sink-place.ts';
import { counted } from '../core/util/counted.ts';
import { printable } from '../render/sanitize.ts';
import { workTreeRoot } from '../system/git-index.ts';
import type { Session } from './session.ts';

/** Maximum number of addresses named in a note. */
const maxNamed = 3;

/** Prints notes for readers of a plan that are neither a warning nor a part of it. */
export async function noteAboutRun(session: Session, planned: PlanRun): Promise<void> {
  noteStateOfRunner(session, planned);
  await noteFilesOfRunner(session, planned);
  noteUndeclared(session, planned);
}

/** Notes that in CI, the state directory is likely to be deleted with the runner. */
function noteStateOfRunner({ io, info }: Session, { plan, secretStore }: PlanRun): void {
  const { folder } = secretStore.state.store;
  if (!isCi(io.env) || folder === undefined || !plan.changes.some(makesToken)) return;
  info(
    `The state directory ${printable(folder)} is likely to be deleted with the runner: if the run dies, a new secret is lost with it. Keep the state in a branch: --state git:origin.`,
  );
}

/** Notes that in CI, secrets in files of the checkout are lost with the runner. */
async function noteFilesOfRunner(session: Session, { plan, targets }: PlanRun): Promise<void> {
  const { io, info } = session;
  if (!isCi(io.env)) return;
  const root = (await workTreeRoot(io.cwd)) ?? io.cwd;
  const losing = plan.changes.filter((change) => {
    const target = targets.get(change.entryAddress);
    const sinks = target && makesToken(change) ? sinksOf(target.desired) : [];
    return sinks.length > 0 && sinks.every((sink) => isPlainFileIn(root, sink));
  });
  if (losing.length === 0) return;
  info(
    `${counted(losing.length, 'new secret')} would be written only to unencrypted files in the checkout, which are lost with the runner: ${named(losing.map(({ address }) => address))}. Add a command sink, or encrypt the files with age and keep them.`,
  );
}

function isCi(env: Session['io']['env']): boolean {
  return ['true', '1'].includes(env['CI'] ?? '');
}

function makesToken({ action }: Change): boolean {
  return action === 'create' || action === 'replace';
}

function isPlainFileIn(root: string, sink: Sink): boolean {
  const file = usesFile(sink, 'whole') && !isEncrypted(sink) ? fileOfSink(sink, {}) : undefined;
  if (file === undefined) return false;
  const way = relative(root, file);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Notes tokens that were created and delivered here and that no manifest mentions any more: they stay alive. */
function noteUndeclared({ info }: Session, { undeclared }: PlanRun): void {
  if (undeclared.length === 0) return;
  const verb = undeclared.length === 1 ? 'is' : 'are';
  info(
    `${counted(undeclared.length, 'token')} in the ledger ${verb} no longer declared: ${named(undeclared)}. Removing an entry doesn't delete its token; state: absent does.`,
  );
}

function named(addresses: readonly string[]): string {
  const shown = addresses.slice(0, maxNamed).map((address) => printable(address));
  const more = addresses.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
