import { realpath } from 'node:fs/promises';
import type { Sink } from '../core/model/sink.ts';
import type { SinkContent } from '../core/model/sink-content.ts';
import { secretRegistrar } from '../custody/register-secret.ts';
import { createSecretStore, type SecretStore } from '../custody/secret-store.ts';
import { cachedLookups, coalescedLookups } from '../custody/sinks/folder-cache.ts';
import type { State } from '../custody/state/state.ts';
import { bugReporter, type Runtime } from './runtime.ts';

/**
 * Opens the secret store of a run on its state.
 *
 * @param holdings the content of each readable sink before planning; empty if it doesn't matter
 * @param files files that no secret may overwrite, besides the state directory
 */
export async function openSecretStore(
  state: State,
  runtime: Runtime,
  holdings: ReadonlyMap<Sink, SinkContent>,
  files: readonly string[],
  { mayTry }: { readonly mayTry: boolean } = { mayTry: true },
): Promise<SecretStore> {
  const context = {
    mayTry,
    env: runtime.env,
    mask: (text: string) => runtime.masker.maskExternal(text),
    bug: bugReporter(runtime),
    probedFolders: new Map(),
    before: cachedLookups(),
    folders: coalescedLookups(),
    reservedPaths: await Promise.all(
      [...(state.store.folder === undefined ? [] : [state.store.folder]), ...files].map((path) =>
        realpath(path).catch(() => path),
      ),
    ),
    taken: new Map(),
  };
  return createSecretStore(state, context, secretRegistrar(runtime), holdings);
}
