import type { Machine, Simulation } from './simulation.ts';

/** Returns the folder of a machine with its manifest, state and sinks. */
export function workFolder({ name }: Machine): string {
  return `/${name}/work`;
}

/** The records of one name on disk. */
interface Records {
  readonly held: string | null;
  /** The superseded tokens of the ledger, and those that attempts in the spool replace; below, their IDs. */
  readonly supersededTokens: readonly RecordedToken[];
  readonly superseded: readonly string[];
  readonly unresolved: readonly { readonly nonce: string; readonly open: boolean }[];
  /** The attempts in the spool, with the ID and the secret if known. */
  readonly spool: readonly {
    readonly nonce: string;
    readonly id?: string;
    readonly secret?: string;
    /** The secret that a token is given, and the token. */
    readonly chosenSecret?: string;
    readonly repairId?: string;
  }[];
}

/** The same of all names. */
interface AllRecords extends Omit<Records, 'held'> {
  readonly held: readonly string[];
}

interface RecordedToken {
  readonly id: string;
  readonly name: string;
}

interface LedgerEntry {
  readonly name: string;
  readonly id: string | null;
  readonly superseded: readonly RecordedToken[];
  readonly unresolved: readonly { readonly nonce: string; readonly resolvedAt: number | null }[];
}

interface LedgerFile {
  readonly tokens: Readonly<Record<string, LedgerEntry>>;
}

interface SpoolFile {
  readonly attempt: {
    readonly name: string;
    readonly nonce: string;
    readonly replaces: RecordedToken | null;
    readonly chosenSecret?: string;
    readonly repairId?: string;
  };
  readonly made: { readonly id: string; readonly secret: string | null } | null;
}

/** Returns the records of a machine for a name. */
export function recordsOf(simulation: Simulation, machine: Machine, name: string): Records {
  const entries = ledgerOf(simulation, machine).filter((known) => known.name === name);
  const spool = spoolOf(simulation, machine).filter(({ attempt }) => attempt.name === name);
  return { ...records(entries, spool), held: entries[0]?.id ?? null };
}

/** Returns the records of a machine for all names, as a token may have had another one. */
export function allRecordsOf(simulation: Simulation, machine: Machine): AllRecords {
  const entries = ledgerOf(simulation, machine);
  return {
    ...records(entries, spoolOf(simulation, machine)),
    held: entries.flatMap(({ id }) => id ?? []),
  };
}

function records(entries: readonly LedgerEntry[], spool: readonly SpoolFile[]): Omit<Records, 'held'> {
  const supersededTokens = [
    ...entries.flatMap(({ superseded }) => superseded),
    ...spool.flatMap(({ attempt: { replaces } }) => replaces ?? []),
  ];
  return {
    supersededTokens,
    superseded: supersededTokens.map(({ id }) => id),
    unresolved: entries.flatMap(({ unresolved }) =>
      unresolved.map(({ nonce, resolvedAt }) => ({ nonce, open: resolvedAt === null })),
    ),
    spool: spool.map(({ attempt: { nonce, chosenSecret, repairId }, made }) => ({
      nonce,
      ...(chosenSecret !== undefined && { chosenSecret }),
      ...(repairId !== undefined && { repairId }),
      ...(made && { id: made.id, ...(made.secret !== null && { secret: made.secret }) }),
    })),
  };
}

/** Tells whether a machine has recorded an unresolved attempt. */
export function hasUnresolved(simulation: Simulation, machine: Machine): boolean {
  const open = ledgerOf(simulation, machine).some(({ unresolved }) =>
    unresolved.some(({ resolvedAt }) => resolvedAt === null),
  );
  return open || spoolOf(simulation, machine).some(({ made }) => made === null);
}

function ledgerOf(simulation: Simulation, machine: Machine): readonly LedgerEntry[] {
  const text = simulation.disk.text(`${workFolder(machine)}/.reconcile/custody.json`);
  return text === undefined ? [] : Object.values((JSON.parse(text) as LedgerFile).tokens);
}

function spoolOf(simulation: Simulation, machine: Machine): readonly SpoolFile[] {
  const folder = `${workFolder(machine)}/.reconcile/spool`;
  return simulation.disk
    .names(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(simulation.disk.text(`${folder}/${file}`) ?? '') as SpoolFile);
}
