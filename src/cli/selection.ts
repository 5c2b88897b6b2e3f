import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Kind } from '../core/model.ts';
import { type ListedToken, listTokens } from '../wire/list.ts';
import { providers } from '../wire/providers.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import {
  type ConnectionOptions,
  collect,
  connectionOptions,
  insecureOption,
  type StateOptions,
  stateOption,
} from './options.ts';
import type { Session } from './session.ts';

/** Which live tokens are meant, and how they are reached. */
export type SelectionOptions = ConnectionOptions &
  StateOptions & {
    readonly kind: readonly Kind[];
    readonly registry: readonly string[];
    readonly org: readonly string[];
  };

/** Adds the options of commands that show live tokens. */
export function selectionOptions(command: Command): Command {
  return stateOption(insecureOption(connectionOptions(command)))
    .addOption(
      new Option('--kind <kind>', 'only this kind (repeatable)')
        .argParser<readonly string[]>(kindArgument)
        .default([], 'all'),
    )
    .option('--registry <registry>', 'only this registry, by ID or name (repeatable)', collect, [])
    .option('--org <organization>', 'only this organization on Docker Hub (repeatable)', collect, []);
}

/** The live tokens that are meant, after telling what is wrong with the state directory. */
export async function selectedTokens(
  session: Session,
  options: SelectionOptions,
): Promise<readonly ListedToken[]> {
  const { runtime, io } = session;
  const { kind: kinds, registry, org } = options;
  const connections = connect(session, options);
  try {
    const state = await readState(await stateFolder(options.stateDir, [], runtime));
    for (const problem of state.problems) session.tell(problem, 'warning');
    return await listTokens(connections, { kinds, scopes: { registry, org } }, state, runtime, io.interrupt);
  } finally {
    await connections.close();
  }
}

/** Collects the values of `--kind`. */
function kindArgument(value: string, before: readonly string[]): readonly string[] {
  if (providers.some(({ declaration }) => declaration.kind === value)) return collect(value, before);
  throw new InvalidArgumentError(
    `expected ${providers.map(({ declaration }) => declaration.kind).join(' or ')}`,
  );
}
