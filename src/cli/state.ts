import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { moveState } from '../app/move-state.ts';
import { openLocation, openStore, withHeldState, withState } from '../app/state.ts';
import { resolveStateLocation } from '../app/state-location.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { counted } from '../core/util/counted.ts';
import { describeWriteError } from '../core/util/file-error.ts';
import { createKey } from '../custody/state/sealing.ts';
import type { Store } from '../custody/state/store.ts';
import { printable } from '../render/sanitize.ts';
import { renderStateText, type StateView } from '../render/state-text.ts';
import { exitCodes } from './io.ts';
import type { LockOptions, OutputOptions, StateOptions } from './options.ts';
import { waitForOthers } from './run-store.ts';
import type { Session } from './session.ts';
import { spoolRow } from './spool.ts';

/** Runs `reconcile state show`: prints the ledger, the spool and the lock, without secrets. */
export async function stateShow(session: Session, options: StateOptions & OutputOptions): Promise<number> {
  const view = await withState(options, session.runtime, async (state): Promise<StateView> => {
    session.reportAll(state.problems, 'warning');
    const { store, ledger, spool } = state;
    return {
      location: store.label,
      holder: (await store.holder()) ?? null,
      recipients: [...spool.recipients],
      tokens: [...ledger.entries().values()].map(
        ({ address, kind, name, id, delivered, superseded, unresolved }) => ({
          address,
          kind,
          name,
          id,
          delivered_to: Object.keys(delivered),
          superseded: superseded.map((token) => token.id),
          unresolved: unresolved.filter(({ resolvedAt }) => resolvedAt === null).length,
        }),
      ),
      spool: spool.entries().map(spoolRow),
    };
  });
  if (options.format === 'json') session.printJson({ version: 1, ...view });
  else session.print(renderStateText(view, session.stdoutStyle));
  return exitCodes.done;
}

/** Runs `reconcile state move`: moves the ledger and the spool to another place. */
export async function stateMove(
  session: Session,
  {
    from,
    to,
    ...options
  }: OutputOptions &
    LockOptions &
    Omit<StateOptions, 'state' | 'stateDir'> & {
      readonly from: string;
      readonly to: string;
    },
): Promise<number> {
  const stores: Store[] = [];
  const open = async (state: string, option: string): Promise<Store> => {
    const location = await resolveStateLocation({ ...options, state, option }, session.runtime);
    const store = await openLocation(location, options, session.runtime);
    stores.push(store);
    return store;
  };
  try {
    const [source, target] = [await open(from, '--from'), await open(to, '--to')];
    if (source.label === target.label) {
      throw new ReconcileError({
        code: 'USAGE',
        message: '--from and --to name the same place',
        hint: 'name another place in --to',
      });
    }
    const wait = waitForOthers(session, options);
    const moved = await withHeldState(source, wait, (state) =>
      withHeldState(target, wait, (other) => {
        session.reportAll(other.problems, 'warning');
        return moveState(state, other);
      }),
    );
    if (options.format === 'json') session.printJson({ version: 1, ...moved });
    else {
      session.print(
        `Moved ${counted(moved.tokens, 'token')} and ${counted(moved.attempts, 'spool entry', 'spool entries')} to ${printable(target.label)}.\n`,
      );
    }
    return exitCodes.done;
  } finally {
    for (const store of stores) await store.close();
  }
}

/** Runs `reconcile state key`: creates a key for the secrets in a branch. */
export async function stateKey(
  session: Session,
  { out, format }: OutputOptions & { readonly out?: string },
): Promise<number> {
  const { identity, recipient } = await createKey();
  const text = `# public key: ${recipient}\n${identity}\n`;
  if (out !== undefined) await writeKey(resolve(session.io.cwd, out), out, text);
  else if (format === 'json') session.printJson({ version: 1, identity, recipient });
  else session.print(text);
  if (out !== undefined && format === 'json') session.printJson({ version: 1, recipient });
  session.info(
    `${out === undefined ? 'Store the line that begins with AGE-SECRET-KEY' : `Wrote ${printable(out)}. Store its last line`} as the secret RECONCILE_STATE_KEY of the pipeline that runs apply, and keep a copy in a safe place. Never commit it. For example: reconcile state key | grep -v '#' | gh secret set RECONCILE_STATE_KEY`,
  );
  return exitCodes.done;
}

async function writeKey(path: string, shown: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ReconcileError({
      code: 'USAGE',
      message: `--out ${shown}: ${code === 'EEXIST' ? 'it exists, and may be a key that is in use' : describeWriteError(error)}`,
      hint: 'name a new file in a writable folder',
    });
  }
}

/** Runs `reconcile state unlock`: removes the lock of a run that is surely dead. */
export async function stateUnlock(
  session: Session,
  options: StateOptions & OutputOptions & { readonly yes: boolean },
): Promise<number> {
  const store = await openStore(options, session.runtime);
  try {
    const holder = await store.holder();
    if (holder === undefined) {
      if (options.format === 'json') session.printJson({ version: 1, unlocked: false });
      else session.print(`${printable(store.label)} is not locked.\n`);
      return exitCodes.done;
    }
    session.info(`${printable(store.label)} is held by ${printable(holder)}.`);
    if (!options.yes && !(await isUnlockApproved(session))) return exitCodes.refused;
    const unlocked = await store.unlock(holder);
    if (options.format === 'json') session.printJson({ version: 1, unlocked });
    else session.print(`Unlocked ${printable(store.label)}.\n`);
    return exitCodes.done;
  } finally {
    await store.close();
  }
}

async function isUnlockApproved({ io, report }: Session): Promise<boolean> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new ReconcileError({
      code: 'USAGE',
      message: "stdin is not a terminal, so unlocking can't be approved",
      hint: 'pass --yes if that run is surely dead',
    });
  }
  const answer = await io.ask(
    "If that run is still alive, a secret can be lost. Unlock the state? Only 'yes' will be accepted to approve: ",
    io.interrupt,
  );
  if (answer?.trim() === 'yes') return true;
  report({ code: 'PLAN_UNSAFE', message: 'declined; nothing was changed' }, 'error');
  return false;
}
