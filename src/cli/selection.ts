import { type ListedToken, listTokens } from '../wire/list.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import type { SelectionOptions } from './options.ts';
import type { Session } from './session.ts';

/** The live tokens that are meant, after telling what is wrong with the state directory. */
export async function selectedTokens(
  session: Session,
  options: SelectionOptions,
): Promise<readonly ListedToken[]> {
  const { runtime, io } = session;
  const { kind: kinds, registry, org } = options;
  const connections = connect(session, options);
  try {
    const state = await readState(await stateFolder(options, runtime));
    for (const problem of state.problems) session.tell(problem, 'warning');
    return await listTokens(connections, { kinds, scopes: { registry, org } }, state, runtime, io.interrupt);
  } finally {
    await connections.close();
  }
}
