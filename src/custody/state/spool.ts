import { type CreateAttempt, withoutRepair } from '../../core/model/custody-record.ts';
import type { Grants } from '../../core/model/grants.ts';
import { Secret } from '../../core/model/secret.ts';
import { parseJson } from '../../core/util/json.ts';
import type { OpenOptions } from './opening.ts';
import { matchesSchema } from './shape.ts';
import { spoolFolder } from './store.ts';
import { upgradeSpoolEntry } from './upgrade.ts';

/** A token that an attempt has created, and its secret. */
export interface CreatedRecord {
  readonly id: string;
  readonly username: string;
  /** The host name to log in to. */
  readonly registry: string;
  /** RFC 3339; `null` if the service doesn't show it, or the token never expires. */
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  /** The creator and the creation time (seconds since 1970), as the service shows them. */
  readonly createdBy: string | null;
  readonly created: number | null;
  /** The time of the response by the service's clock, in seconds. */
  readonly respondedAt: number;
  /** The values that the service granted, if they differ from the requested ones. */
  readonly granted?: Grants;
  /** `null` if only `content` is kept. */
  readonly secret: Secret | null;
  /** The content of the token's only file, encrypted; `null` if the secret itself is kept. */
  readonly content: string | null;
}

/** An attempt in the spool; `made` is set once the service has responded with a secret. */
export interface SpoolEntry {
  readonly attempt: CreateAttempt;
  readonly made: CreatedRecord | null;
}

/** The unfinished attempts. Attempts and secrets are durable when the promise resolves. */
export interface Spool {
  entries(): readonly SpoolEntry[];
  /** Returns the attempts of one key. */
  entriesOf(key: string): readonly SpoolEntry[];
  /** Records an attempt before its request is sent, and again with another deadline before it is sent again. */
  recordAttempt(attempt: CreateAttempt): Promise<void>;
  /** Records the secret in the response to the attempt. */
  made(attempt: CreateAttempt, made: CreatedRecord): Promise<void>;
  remove(attempt: CreateAttempt): Promise<void>;
}

/** Returns the file name of an attempt. */
function fileOf({ key, nonce }: CreateAttempt): string {
  return `${spoolFolder}/${key}.${nonce}.json`;
}

/**
 * Reads a spool.
 * @param files the files of the state, by their names
 */
export async function openSpool(
  files: ReadonlyMap<string, string>,
  { write, onCorrupt }: OpenOptions,
): Promise<Spool> {
  const entries = createEntries();
  for (const [name, text] of files) {
    if (!name.startsWith(`${spoolFolder}/`)) continue;
    const entry = decode(text);
    if (entry && fileOf(entry.attempt) === name) entries.set(name, entry);
    else await onCorrupt(name);
  }

  const record = async (entry: SpoolEntry): Promise<void> => {
    const name = fileOf(entry.attempt);
    const text = encode(entry);
    await write([{ name, content: () => text }], 'now');
    entries.set(name, entry);
  };

  return {
    entries: entries.all,
    entriesOf: entries.of,
    recordAttempt: (attempt) => record({ attempt, made: null }),
    // A secret of ours is of no use beside the token's own.
    made: (attempt, made) => record({ attempt: withoutRepair(attempt), made }),
    async remove(attempt) {
      const name = fileOf(attempt);
      if (!entries.has(name)) return;
      await write([{ name, content: null }], 'deferred');
      entries.delete(name);
    },
  };
}

/** Creates an index of entries by file name and by key, as a large run often looks up those of a key. */
function createEntries() {
  const all = new Map<string, SpoolEntry>();
  const byKey = new Map<string, Set<string>>();
  const entriesOf = (key: string): readonly SpoolEntry[] =>
    [...(byKey.get(key) ?? [])].flatMap((name) => all.get(name) ?? []);
  return {
    all: (): readonly SpoolEntry[] => [...all.values()],
    of: entriesOf,
    has: (name: string): boolean => all.has(name),
    set(name: string, entry: SpoolEntry): void {
      all.set(name, entry);
      const { key } = entry.attempt;
      const names = byKey.get(key);
      if (names) names.add(name);
      else byKey.set(key, new Set([name]));
    },
    delete(name: string): void {
      const key = all.get(name)?.attempt.key ?? '';
      all.delete(name);
      const names = byKey.get(key);
      names?.delete(name);
      if (names?.size === 0) byKey.delete(key);
    },
  };
}

function encode({ attempt, made }: SpoolEntry): string {
  const { chosenSecret, ...rest } = attempt;
  const begun = { ...rest, ...(chosenSecret && { chosenSecret: chosenSecret.reveal() }) };
  const revealed = made && { ...made, secret: made.secret?.reveal() ?? null };
  return `${JSON.stringify({ version: 2, attempt: begun, made: revealed })}\n`;
}

function decode(text: string): SpoolEntry | undefined {
  const value = upgradeSpoolEntry(parseJson(text));
  if (!matchesSchema(value, 'attempt')) return undefined;
  const { attempt, made } = value as unknown as {
    attempt: Omit<CreateAttempt, 'chosenSecret'> & { chosenSecret?: string };
    made: (CreatedRecord & { secret: string | null }) | null;
  };
  const { chosenSecret, ...rest } = attempt;
  return {
    attempt: { ...rest, ...(chosenSecret !== undefined && { chosenSecret: new Secret(chosenSecret) }) },
    made: made && { ...made, secret: made.secret === null ? null : new Secret(made.secret) },
  };
}
