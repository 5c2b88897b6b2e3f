import { type ListedToken, listTokens } from '../app/list.ts';
import { withState } from '../app/state.ts';
import { connect } from './connect.ts';
import { type SelectionOptions, scopesGiven } from './options.ts';
import type { Session } from './session.ts';

/** Returns the selected live tokens. Warns of problems with the state, and of scopes that can't be read. */
export async function selectedTokens(
  session: Session,
  options: SelectionOptions,
): Promise<{ readonly tokens: readonly ListedToken[]; readonly isComplete: boolean }> {
  const { runtime, io } = session;
  const { kind: kinds } = options;
  const connections = connect(session, options);
  try {
    const scopes = scopesGiven(options);
    const { tokens, problems } = await withState(options, runtime, (state) => {
      session.reportAll(state.problems, 'warning');
      return listTokens(connections, { kinds, scopes }, state, runtime, io.interrupt);
    });
    session.reportAll(problems, 'warning');
    return { tokens, isComplete: problems.length === 0 };
  } finally {
    await connections.close();
  }
}
