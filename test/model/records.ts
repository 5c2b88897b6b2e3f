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
  readonly spool: readonly SpooledAttempt[];
}

interface SpooledAttempt {
  readonly nonce: string;
  readonly id?: string;
  readonly secret?: string;
  /** Whether it has the secret, encrypted. */
  readonly isSealed?: true;
  /** The secret that a token is given, and the token. */
  readonly chosenSecret?: string;
  readonly repairId?: string;
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

/** A file in the spool. */
export interface SpoolFile {
  readonly attempt: {
    readonly name: string;
    readonly nonce: string;
    readonly replaces: RecordedToken | null;
    readonly chosenSecret?: string;
    readonly repairId?: string;
  };
  /** On a branch the secret is encrypted. */
  readonly made: {
    readonly id: string;
    readonly secret: string | null;
    readonly content: string | null;
  } | null;
}

/** Returns the records of a machine for a name. */
export function recordsOf(simulation: Simulation, machine: Machine, name: string): Records {
  const entries = ledgerOf(simulation, machine).filter((known) => known.name === name);
  const spool = spoolOf(simulation, machine).filter(({ attempt }) => attempt.name === name);
  return { ...records(simulation, entries, spool), held: entries[0]?.id ?? null };
}

/** Returns the records of a machine for all names, as a token may have had another one. */
export function allRecordsOf(simulation: Simulation, machine: Machine): AllRecords {
  const entries = ledgerOf(simulation, machine);
  return {
    ...records(simulation, entries, spoolOf(simulation, machine)),
    held: entries.flatMap(({ id }) => id ?? []),
  };
}

function records(
  { branch }: Simulation,
  entries: readonly LedgerEntry[],
  spool: readonly SpoolFile[],
): Omit<Records, 'held'> {
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
      ...(made && { id: made.id }),
      ...(made?.secret && (branch ? { isSealed: true } : { secret: made.secret })),
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
  const text = stateFiles(simulation, machine).get('custody.json');
  return text === undefined ? [] : Object.values((JSON.parse(text) as LedgerFile).tokens);
}

function spoolOf(simulation: Simulation, machine: Machine): readonly SpoolFile[] {
  return spoolIn(stateFiles(simulation, machine));
}

/** Returns the attempts among the files of a state. */
export function spoolIn(files: ReadonlyMap<string, string>): readonly SpoolFile[] {
  return [...files]
    .filter(([path]) => /^spool\/[^/]+\.json$/.test(path))
    .map(([, text]) => JSON.parse(text) as SpoolFile);
}

/** Returns the nonces of the attempts without a response that the ledger in a state has. */
export function unresolvedIn(files: ReadonlyMap<string, string>): readonly string[] {
  const text = files.get('custody.json');
  const entries = text === undefined ? [] : Object.values((JSON.parse(text) as LedgerFile).tokens);
  return entries.flatMap(({ unresolved }) => unresolved.map(({ nonce }) => nonce));
}

/** Returns the files of a machine's state by their paths in it. */
function stateFiles({ branch, disk }: Simulation, machine: Machine): ReadonlyMap<string, string> {
  if (branch) return branch.tip?.files ?? new Map();
  const folder = `${workFolder(machine)}/.reconcile`;
  const paths = ['custody.json', ...disk.names(`${folder}/spool`).map((file) => `spool/${file}`)];
  return new Map(
    paths.flatMap((path) => {
      const text = disk.text(`${folder}/${path}`);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}
