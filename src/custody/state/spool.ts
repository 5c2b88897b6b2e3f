import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateAttempt } from '../../core/model/custody-record.ts';
import type { Grants } from '../../core/model/grants.ts';
import { Secret } from '../../core/model/secret.ts';
import { parseJson } from '../../core/util/json.ts';
import { singleFlightByKey } from '../../core/util/single-flight.ts';
import { fsyncDirectory, writeFileAtomic } from '../../system/atomic-write.ts';
import { brokenName, type Opening, readIfThere } from '../../system/read-file.ts';
import { matchesSchema } from './shape.ts';
import { withStateErrors } from './state-error.ts';

/** A token that an attempt has made, and its secret. */
export interface CreatedRecord {
  readonly id: string;
  readonly username: string;
  /** The host name to log in to. */
  readonly registry: string;
  /** RFC 3339; `null` where the service doesn't say, or the token never expires. */
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  /** Who made it, and when (seconds since 1970), as the service shows it. */
  readonly createdBy: string | null;
  readonly created: number | null;
  /** When the service answered, by its clock, in seconds. */
  readonly madeAt: number;
  /** What the service granted for what was asked, if that is something else. */
  readonly granted?: Grants;
  /** `null` where only `content` is kept. */
  readonly secret: Secret | null;
  /** What the one encrypted file of the token is to hold; `null` where the secret itself is kept. */
  readonly content: string | null;
}

/** An attempt in the spool; `made` once the service has answered with a secret. */
export interface SpoolEntry {
  readonly attempt: CreateAttempt;
  readonly made: CreatedRecord | null;
}

/** The attempts that are under way or unfinished, on disk. What is changed is on disk when the promise resolves. */
export interface Spool {
  entries(): readonly SpoolEntry[];
  /** Those of one key. */
  entriesOf(key: string): readonly SpoolEntry[];
  /** Records an attempt before its request is sent; once more with another deadline before it is sent again. */
  recordAttempt(attempt: CreateAttempt): Promise<void>;
  /** Records the secret that the attempt was answered with. */
  made(attempt: CreateAttempt, made: CreatedRecord): Promise<void>;
  remove(attempt: CreateAttempt): Promise<void>;
}

const mode = 0o600;

/** The file of an attempt. */
function fileOf({ key, nonce }: CreateAttempt): string {
  return `${key}.${nonce}.json`;
}

/** Reads a spool. */
export async function openSpool(folder: string, { writable, prepare, broken }: Opening): Promise<Spool> {
  const entries = createEntries();
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.sort()) {
    const path = join(folder, name);
    // What was being written when a run died: the record that it would have replaced is still there.
    if (writable && name.endsWith('.tmp')) await rm(path, { force: true });
    if (!name.endsWith('.json')) continue;
    const text = await readIfThere(path);
    if (text === undefined) continue; // a run that goes on meanwhile has removed it
    const entry = decode(text);
    if (entry && fileOf(entry.attempt) === name) {
      entries.set(name, entry);
      continue;
    }
    const aside = writable ? brokenName(path) : path;
    if (writable) await rename(path, aside);
    broken(aside);
  }

  // Attempts that are under way at the same time share a flush of the folder.
  const flush = singleFlightByKey(fsyncDirectory);
  const write = async (entry: SpoolEntry): Promise<void> => {
    const name = fileOf(entry.attempt);
    const path = join(folder, name);
    await withStateErrors(path, async () => {
      await prepare();
      await writeFileAtomic(path, encode(entry), mode, flush);
    });
    entries.set(name, entry);
  };

  return {
    entries: entries.all,
    entriesOf: entries.of,
    recordAttempt: (attempt) => write({ attempt, made: null }),
    made: (attempt, made) => write({ attempt, made }),
    async remove(attempt) {
      const name = fileOf(attempt);
      if (!entries.has(name)) return;
      const path = join(folder, name);
      await withStateErrors(path, async () => {
        await rm(path, { force: true });
        await flush(folder);
      });
      entries.delete(name);
    },
  };
}

/** Entries by the names of their files, and by their keys: a large run looks for those of a key again and again. */
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
  const revealed = made && { ...made, secret: made.secret?.reveal() ?? null };
  return `${JSON.stringify({ version: 1, attempt, made: revealed })}\n`;
}

function decode(text: string): SpoolEntry | undefined {
  const value = parseJson(text);
  if (!matchesSchema(value, 'attempt')) return undefined;
  const { attempt, made } = value as unknown as {
    attempt: CreateAttempt;
    made: (CreatedRecord & { secret: string | null }) | null;
  };
  return {
    attempt,
    made: made && { ...made, secret: made.secret === null ? null : new Secret(made.secret) },
  };
}
