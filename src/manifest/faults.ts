import type { TokenKind } from '../core/model/token-kind.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';
import { isManifest } from './is-manifest.ts';

/**
 * Creates a check that tells whether a token of a document is faulty whatever the rest of the document says: it
 * breaks the schema, or is written for the same token as an earlier one. Faults that depend on defaults or variables
 * are found later.
 */
export function createFaultCheck(declarations: readonly TokenKind[]): (token: unknown) => boolean {
  const seen = new Set<string>();
  return (token) => {
    if (!isObject(token)) return true;
    const declaration = declarations.find(({ kind }) => kind === token['kind']);
    if (!declaration) return true;
    const identity = JSON.stringify([declaration.kind, token['api_url'], identitiesOf(declaration, token)]);
    if (identity.includes('${')) return false;
    if (seen.has(identity)) return true;
    seen.add(identity);
    return (
      !JSON.stringify(token).includes('${') && !isManifest({ apiVersion: 'reconcile/v1', tokens: [token] })
    );
  };
}

/**
 * Returns the identity of the token that an entry is written for; if the state may come from the defaults, in each
 * state.
 */
function identitiesOf({ identify }: TokenKind, token: JsonObject): readonly unknown[] {
  if ('state' in token) return [identify(token)];
  return ['present', 'update', 'absent'].map((state) => identify({ ...token, state }));
}
