import type { GenerationInfo, ListedToken } from '../app/list.ts';
import { type Filter, hasPath, listPaths, matches, parseFilter } from '../core/model/token-filter.ts';
import { didYouMean } from '../core/util/did-you-mean.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { JsonObject } from '../core/util/json.ts';
import { renderListText } from '../render/list-text.ts';
import { exitCodes } from './io.ts';
import type { OutputOptions, SelectionOptions } from './options.ts';
import { selectedTokens } from './select-tokens.ts';
import type { Session } from './session.ts';

/** Runs `reconcile list`: prints live tokens. */
export async function list(
  session: Session,
  options: SelectionOptions &
    OutputOptions & { readonly filter: readonly string[]; readonly output?: 'wide' | 'name' },
): Promise<number> {
  const filters = options.filter.map(parseFilter);
  const { tokens: listed, isComplete } = await selectedTokens(session, options);
  const tokens = filters.length > 0 ? filtered(session, listed, filters) : listed;
  if (options.format === 'json') {
    session.printJson({
      version: 1,
      tokens: tokens.map(({ address, kind, id, custody, retired = false, generation, object }) => ({
        address,
        kind,
        id,
        custody,
        superseded: retired,
        ...(generation && { family: familyJson(generation) }),
        [kind]: object,
      })),
    });
  } else {
    const now = Math.floor(session.io.clock.now() / 1000);
    session.print(renderListText(tokens, now, session.stdoutStyle, options.output));
  }
  return isComplete ? exitCodes.done : exitCodes.partial;
}

function familyJson({ address, madeAt, due, until }: GenerationInfo): JsonObject {
  const instant = (seconds: number | undefined): string | null =>
    seconds === undefined ? null : formatInstant(seconds);
  return { address, made_at: instant(madeAt), due: instant(due), until: instant(until) };
}

/** Returns the tokens that match all filters, after a warning for fields that no token has. */
function filtered(
  session: Session,
  listed: readonly ListedToken[],
  filters: readonly Filter[],
): readonly ListedToken[] {
  // The API's object, with the fields that reconcile adds.
  const seen = listed.map((token): { token: ListedToken; object: JsonObject } => {
    const { address, kind, custody, retired = false, object } = token;
    return { token, object: { address, kind, custody, superseded: retired, ...object } };
  });
  for (const filter of filters) {
    if (seen.length === 0 || seen.some(({ object }) => hasPath(filter, object))) continue;
    const path = filter.path.join('.');
    const known = new Set(seen.flatMap(({ object }) => listPaths(object)));
    session.report(
      {
        code: 'USAGE',
        message: `--filter ${path}: no listed token has this field`,
        hint: didYouMean(path, [...known]) ?? 'reconcile list --format json shows the fields',
      },
      'warning',
    );
  }
  return seen
    .filter(({ object }) => filters.every((filter) => matches(filter, object)))
    .map(({ token }) => token);
}
