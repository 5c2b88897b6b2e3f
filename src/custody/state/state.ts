import { join } from 'node:path';
import type { Problem } from '../../core/model/errors.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { OpenOptions } from './opening.ts';
import { openSpool, type Spool } from './spool.ts';
import { ledgerFile, type Store, type WaitOptions } from './store.ts';

/** The content of a store. */
export interface State {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly spool: Spool;
  /** The parts that could not be understood. */
  readonly problems: readonly Problem[];
}

/**
 * Reads the state in a store, which may be empty. Writes nothing, unless there are corrupt files and the run will write.
 * @param willWrite present if the run will write: sets corrupt files aside
 */
export async function openState(store: Store, willWrite?: WaitOptions): Promise<State> {
  const problems: Problem[] = [];
  const options: OpenOptions = {
    write: store.write,
    ...(store.sealing && { sealing: store.sealing }),
    ...(store.folder === undefined && { base: store.base }),
    opensSecrets: willWrite !== undefined,
    async onCorrupt(name, what = 'is corrupt') {
      const place = willWrite
        ? await store.setAside(name, what)
        : store.folder === undefined
          ? `${name} in ${store.label}`
          : join(store.folder, name);
      problems.push({
        code: 'STATE_BROKEN',
        message: `${place} ${what}; it is ${willWrite ? 'moved aside' : 'ignored'}`,
        hint: 'it may contain a secret: inspect it, then delete it',
      });
    },
  };
  const files = await store.read(willWrite);
  const ledger = await openLedger(files.get(ledgerFile), options);
  const spool = await openSpool(files, options);
  return { store, ledger, spool, problems };
}
