import { relative } from 'node:path';
import type { ConnectionSpec, Desired } from '../model/desired.ts';
import type { Change } from '../model/plan.ts';
import { sinkTypeOf } from '../model/sinks/registry.ts';
import { digest } from '../util/digest.ts';
import { coveredParts, type DigestParts, itself } from '../util/digest-parts.ts';
import type { Json, JsonObject } from '../util/json.ts';
import type { PlanInput } from './input.ts';

/** Returns the digest of the changes and their options. Doesn't depend on the order of manifests and listings. */
export function planDigest(changes: readonly Change[], inputs: ReadonlyMap<string, PlanInput>): string {
  return digest(
    changes
      .filter(({ action }) => action !== 'noop')
      .map((change) => ({ ...changeContent(change), how: changeOptions(inputs.get(change.entryAddress)) })),
  );
}

const entryParts: DigestParts<Desired> = {
  address: 'covered', // by the change
  kind: 'covered', // by the address
  state: itself,
  scope: 'covered', // by the scope's key
  place: 'covered', // the same in words
  name: itself,
  existing: itself,
  id: itself,
  idField: 'covered', // by the kind
  fields: 'covered', // by the change: the written ones
  createWith: itself,
  allowReplace: itself,
  replaceOrder: itself,
  protected: itself,
  wait: itself,
  waitTimeoutSeconds: itself,
  secret: (secret) => (secret === 'discard' ? secret : secret.map((sink) => sinkTypeOf(sink).portable(sink))),
  registryHost: itself,
  rotation: (rotation) => ({ ...rotation }),
  renewal: (renewal) => ({ ...renewal }),
  connection: (connection) => coveredParts(connectionParts, connection),
  source: 'covered', // a location, which has no effect
  prunedBy: 'covered', // by the change: the deleted token
};

const connectionParts: DigestParts<ConnectionSpec> = {
  api_url: itself,
  certificate_fingerprint: itself,
  username: 'covered', // by the account, and the references
  password: 'covered', // by the references: it may be a secret
  token: 'covered', // by the references
  references: (references) => ({ ...references }),
  sources: 'covered', // places
  folder: 'covered', // by the entry's folder
  within: 'covered', // by the options that a saved plan remembers
};

/** Returns the options of a change: the destination of its secret, and the parts of an entry that a plan doesn't show. */
function changeOptions(input: PlanInput | undefined): Json {
  if (!input || 'problem' in input) return null;
  const { desired, scopeKey, programs } = input;
  const { within, folder } = desired.connection;
  return {
    ...coveredParts(entryParts, desired),
    scopeKey,
    // Sink paths and commands are relative to this folder, so it is part of the digest.
    folder: relative(within[0] ?? '', folder),
    programs: programs ?? [],
  };
}

/**
 * Returns the digest part of a change. Leaves out a generation's name and expiry, as they depend on the time of the apply.
 */
function changeContent(change: Change): JsonObject {
  const { address, action, id, secret, replaceOrder, error, family, supersededToken } = change;
  const isOfTime = (value: Json | undefined): boolean =>
    value !== undefined && (value === family?.next?.name || value === family?.next?.expires);
  const fields = change.fields.filter(({ after }) => !isOfTime(after));
  const write = Object.fromEntries(Object.entries(change.payload).filter(([, value]) => !isOfTime(value)));
  return {
    address,
    action,
    id,
    fields: fields.map(({ field, before, after }) => ({ field, before, after })),
    write,
    secret,
    order: replaceOrder,
    error: error?.code ?? null,
    revokes: supersededToken?.revoked ?? family?.next?.revokes ?? false,
  };
}
