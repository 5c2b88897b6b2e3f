import { ReconcileError } from '../core/errors.ts';
import { isObject, type Json } from '../core/json.ts';
import type { Kind } from '../core/model.ts';
import { renderListText } from '../render/list-text.ts';
import { type ListedToken, listTokens } from '../wire/list.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, OutputOptions, StateOptions } from './options.ts';
import type { Session } from './session.ts';

/**
 * `reconcile list`: live tokens.
 *
 * @param scopes those that were named, by the field that names them in a manifest
 */
export async function list(
  session: Session,
  options: ConnectionOptions &
    OutputOptions &
    StateOptions & {
      readonly kind: readonly Kind[];
      readonly filter: readonly string[];
    },
  scopes: Readonly<Record<string, readonly string[]>>,
): Promise<number> {
  const filters = options.filter.map(parseFilter);
  const connections = connect(session, options);
  try {
    const selection = { kinds: options.kind, scopes };
    const state = await readState(await stateFolder(options.stateDir, [], session.runtime));
    for (const problem of state.problems) session.tell(problem, 'warning');
    const listed = await listTokens(connections, selection, state, session.runtime, session.io.interrupt);
    const tokens = listed.filter((token) => filters.every((filter) => filter(token)));
    if (options.format === 'json') {
      session.printJson({
        version: 1,
        tokens: tokens.map(({ address, kind, id, custody, object }) => ({
          address,
          kind,
          id,
          custody,
          [kind]: object,
        })),
      });
    } else session.print(renderListText(tokens, session.stdoutStyle));
    return exitCodes.done;
  } finally {
    await connections.close();
  }
}

/** Reads `properties.status=enabled`: a dotted path in the API's object, and the text its value must have. */
function parseFilter(text: string): (token: ListedToken) => boolean {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `--filter ${text}: expected FIELD=VALUE`,
      hint: 'as in --filter properties.status=enabled',
    });
  }
  const path = text.slice(0, equals).split('.');
  const wanted = text.slice(equals + 1);
  return ({ object }) => {
    const value = path.reduce<Json | undefined>((at, step) => (isObject(at) ? at[step] : undefined), object);
    return value !== undefined && (typeof value === 'string' ? value : JSON.stringify(value)) === wanted;
  };
}
