import { deliverEntry, dropWarnings, spoolEntries } from '../app/spool.ts';
import { openStore, withHeldState, withState } from '../app/state.ts';
import { sinkName } from '../core/model/sink.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { State } from '../custody/state/state.ts';
import { renderSpoolText, type SpoolRow } from '../render/spool-text.ts';
import { exitCodes } from './io.ts';
import type { LockOptions, OutputOptions, StateOptions } from './options.ts';
import { waitForOthers } from './run-store.ts';
import type { Session } from './session.ts';

type SpoolOptions = StateOptions & OutputOptions;

/** Runs `reconcile spool list`: prints waiting secrets and interrupted operations. */
export async function spoolList(session: Session, options: SpoolOptions): Promise<number> {
  const rows = await withState(options, session.runtime, async (state) => {
    session.reportAll(state.problems, 'warning');
    return state.spool.entries().map(spoolRow);
  });
  if (options.format === 'json') session.printJson({ version: 1, entries: rows });
  else session.print(renderSpoolText(rows, session.stdoutStyle));
  return exitCodes.done;
}

/** Runs `reconcile spool deliver`: delivers waiting secrets to their sinks. */
export async function spoolDeliver(
  session: Session,
  addresses: readonly string[],
  options: SpoolOptions & LockOptions,
): Promise<number> {
  return locked(session, options, async (state) => {
    const waiting = spoolEntries(state, addresses).filter(({ made }) => made !== null);
    let failed = 0;
    const delivered: { address: string; id: string | null; delivered_to: readonly string[] }[] = [];
    for (const entry of waiting) {
      if (session.io.interrupt.aborted) break;
      const { address } = entry.attempt;
      const handover = await deliverEntry(state, entry, session.runtime);
      session.reportAll(handover.failures, 'error');
      if (handover.failures.length > 0) failed += 1;
      delivered.push({ address, id: entry.made?.id ?? null, delivered_to: handover.delivered });
    }
    if (options.format === 'json') session.printJson({ version: 1, delivered, failed });
    else {
      const kept = failed > 0 ? ' and kept in the spool' : '';
      session.print(`${delivered.length - failed} delivered, ${failed} failed${kept}.\n`);
    }
    const signalled = session.io.interruptCode();
    if (signalled !== undefined) return signalled;
    if (failed === 0) return exitCodes.done;
    return failed < delivered.length ? exitCodes.partial : exitCodes.failed;
  });
}

/** Runs `reconcile spool drop`: drops entries. */
export async function spoolDrop(
  session: Session,
  addresses: readonly string[],
  options: SpoolOptions & LockOptions & { readonly yes: boolean },
): Promise<number> {
  const { io } = session;
  return locked(session, options, async (state) => {
    const entries = spoolEntries(state, addresses);
    const secrets = entries.filter(({ made }) => made !== null).length;
    session.reportAll(dropWarnings(entries), 'warning');
    if (!options.yes && io.stdin.isTTY && io.stderr.isTTY) {
      const what = secrets > 0 ? `, ${secrets} with a secret that is stored nowhere else` : '';
      const answer = await io.ask(
        `Drop ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}${what}?\nOnly 'yes' will be accepted to approve: `,
        io.interrupt,
      );
      if (answer?.trim() !== 'yes') {
        session.report({ code: 'PLAN_UNSAFE', message: 'declined; nothing was dropped' }, 'error');
        return exitCodes.refused;
      }
    }
    for (const { attempt } of entries) await state.spool.remove(attempt);
    const dropped = entries.map(({ attempt: { address }, made }) => ({ address, id: made?.id ?? null }));
    if (options.format === 'json') session.printJson({ version: 1, dropped });
    else session.print(`${entries.length} dropped.\n`);
    return exitCodes.done;
  });
}

async function locked(
  session: Session,
  options: SpoolOptions & LockOptions,
  work: (state: State) => Promise<number>,
): Promise<number> {
  const store = await openStore(options, session.runtime);
  try {
    return await withHeldState(store, waitForOthers(session, options), (state) => {
      session.reportAll(state.problems, 'warning');
      return work(state);
    });
  } finally {
    await store.close();
  }
}

/** Returns an entry of the spool as people and scripts see it. */
export function spoolRow({ attempt, made }: SpoolEntry): SpoolRow {
  return {
    address: attempt.address,
    kind: attempt.kind,
    state: made ? 'secret' : 'unanswered',
    id: made?.id ?? null,
    since: formatInstant(Math.floor(made?.respondedAt ?? attempt.listedAt)),
    sinks: attempt.sinks.map(sinkName),
  };
}
