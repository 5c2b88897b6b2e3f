import { custodyByRecord } from '../core/assess.ts';
import { recordKey } from '../core/custody.ts';
import type { JsonObject } from '../core/json.ts';
import { compareText } from '../core/json.ts';
import type { Custody, Fields, Kind } from '../core/model.ts';
import type { Standard } from '../core/ours.ts';
import { makersOf, recordIn } from '../custody/records.ts';
import type { State } from '../custody/state.ts';
import type { Connections } from './connect.ts';
import { environmentConnection } from './credentials.ts';
import { providers } from './providers.ts';

/** A live token, as `reconcile list` shows it. */
export interface ListedToken {
  readonly address: string;
  readonly kind: Kind;
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  readonly custody: Custody;
  readonly fields: Fields;
  readonly object: JsonObject;
}

/** Which tokens to list. */
export interface ListSelection {
  readonly kinds: readonly Kind[];
  /** Registries by ID or name; none means all that the account has. */
  readonly registries: readonly string[];
}

/** All live tokens of the selection, sorted by address. */
export async function listTokens(
  connections: Connections,
  { kinds, registries }: ListSelection,
  state: State,
  signal: AbortSignal,
): Promise<readonly ListedToken[]> {
  const standard: Standard = { grace: 0, strict: false, makers: makersOf(state) };
  const lists = await Promise.all(
    providers
      .map(({ declaration }) => declaration)
      .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
      .map(async ({ kind, rules }) => {
        const client = await connections.client(kind, environmentConnection);
        const scopes =
          registries.length === 0
            ? (await client.scopes(signal)).map((scope) => ({ scope, written: scope.name }))
            : await Promise.all(
                registries.map(async (ref) => ({ scope: await client.resolve(ref, signal), written: ref })),
              );
        const tokens = await Promise.all(
          scopes.map(async ({ scope, written }) =>
            (await client.list(scope, signal)).tokens.map((token): ListedToken => {
              const { id, name, fields, object } = token;
              const record = recordIn(state, recordKey(kind, client.account, scope.id, name));
              return {
                address: `${kind}:${written}/${name}`,
                kind,
                id,
                scope: written,
                name,
                custody: custodyByRecord(token, record, rules, standard),
                fields,
                object,
              };
            }),
          ),
        );
        return tokens.flat();
      }),
  );
  return lists.flat().sort((a, b) => compareText(a.address, b.address) || compareText(a.id, b.id));
}
