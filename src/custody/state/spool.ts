import { type CreateAttempt, withoutRepair } from '../../core/model/custody-record.ts';
import { ReconcileError } from '../../core/model/errors.ts';
import type { Grants } from '../../core/model/grants.ts';
import { Secret } from '../../core/model/secret.ts';
import { canonicalJson, isObject, type Json, type JsonObject, parseJson } from '../../core/util/json.ts';
import type { OpenOptions } from './opening.ts';
import { withLocalSinks, withPortableSinks } from './portable-sinks.ts';
import type { Sealing } from './sealing.ts';
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
  /** The secret as it is in the store, if it is not decrypted. */
  readonly sealed?: SealedSecret;
}

/** A secret that is encrypted to a key. */
export interface SealedSecret {
  readonly text: string;
  /** The age recipient that it is encrypted to. */
  readonly recipient: string;
  /** The reason why it can't be decrypted; absent if the run doesn't need it. */
  readonly problem?: ReconcileError;
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
  /** The age recipients that secrets of the spool were encrypted to when it was read. */
  readonly recipients: ReadonlySet<string>;
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
  { write, onCorrupt, sealing, opensSecrets, base }: OpenOptions,
): Promise<Spool> {
  const entries = createEntries();
  const recipients = new Set<string>();
  for (const [name, text] of files) {
    if (!name.startsWith(`${spoolFolder}/`)) continue;
    const value = parseJson(text);
    const sealedTo = sealing && recipientOf(value);
    if (sealedTo !== undefined) recipients.add(sealedTo);
    const file = entryFile(value);
    if (file && sealing && !isGenuine(file, sealing)) {
      await onCorrupt(name, "was not written with this state's key, or was changed since");
      continue;
    }
    const read = file && (await decode(file, opensSecrets ? sealing : undefined));
    const entry =
      read && base !== undefined ? { ...read, attempt: withLocalSinks(read.attempt, base) } : read;
    if (entry && fileOf(entry.attempt) === name) entries.set(name, entry);
    else await onCorrupt(name);
  }

  const record = async (entry: SpoolEntry): Promise<void> => {
    const name = fileOf(entry.attempt);
    const { attempt, made } = entry;
    const kept = base === undefined ? attempt : withPortableSinks(attempt, base);
    const text = await encode({ attempt: kept, made }, sealing);
    await write([{ name, content: () => text }], 'now');
    entries.set(name, entry);
  };

  return {
    recipients,
    entries: entries.all,
    entriesOf: entries.of,
    recordAttempt: (attempt) => record({ attempt, made: null }),
    // The response has the token's secret, so the one recorded for a repair is no longer needed.
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

/** Returns the content of an entry's file in the current version; `undefined` if it is corrupt. */
function entryFile(value: Json | undefined): JsonObject | undefined {
  const current = upgradeSpoolEntry(value);
  return isObject(current) && matchesSchema(current, 'attempt') ? current : undefined;
}

/**
 * Tells whether an entry of a store that others can write comes from a run with the key. An entry of another key counts: it
 * can be read, but nothing in it can be finished. So does any entry in a run without a key, which writes none.
 */
function isGenuine({ mark, ...content }: JsonObject, sealing: Sealing): boolean {
  if (sealing.recipient !== undefined && content['sealedTo'] !== sealing.recipient)
    return typeof content['sealedTo'] === 'string';
  return typeof mark === 'string' && sealing.isSigned(canonicalJson(content), mark) !== false;
}

/** Encodes an entry. Secrets are encrypted for a store that others can read, and the entry is signed. */
async function encode({ attempt, made }: SpoolEntry, sealing: Sealing | undefined): Promise<string> {
  const { chosenSecret, ...rest } = attempt;
  // A run without the key can't vouch for what it can't read.
  if (made?.sealed?.problem) throw made.sealed.problem;
  const textOf = async (known: Secret): Promise<string> => (sealing ? sealing.seal(known) : known.reveal());
  const sealedTo = sealing?.recipient;
  const { sealed: _, ...shown } = made ?? {};
  const content = {
    version: 2,
    ...(sealedTo !== undefined && { sealedTo }),
    attempt: { ...rest, ...(chosenSecret && { chosenSecret: await textOf(chosenSecret) }) },
    made: made && { ...shown, secret: made.secret && (await textOf(made.secret)) },
  };
  if (!sealing) return `${JSON.stringify(content)}\n`;
  const kept = parseJson(JSON.stringify(content)) ?? null;
  return `${JSON.stringify({ ...content, mark: sealing.sign(canonicalJson(kept)) })}\n`;
}

function recipientOf(value: Json | undefined): string | undefined {
  const sealedTo = isObject(value) ? value['sealedTo'] : undefined;
  return typeof sealedTo === 'string' ? sealedTo : undefined;
}

/** @param sealing decrypts secrets; without it, encrypted ones stay so */
async function decode(file: JsonObject, sealing: Sealing | undefined): Promise<SpoolEntry> {
  const { attempt, made, sealedTo } = file as unknown as {
    attempt: Omit<CreateAttempt, 'chosenSecret'> & { chosenSecret?: string };
    made: (CreatedRecord & { secret: string | null }) | null;
    sealedTo?: string;
  };
  const { chosenSecret, ...rest } = attempt;
  const open = async (known: string): Promise<Secret | SealedSecret> => {
    if (sealedTo === undefined) return new Secret(known);
    const sealed = { text: known, recipient: sealedTo };
    if (!sealing) return sealed;
    return sealing.open(known, sealedTo).catch((error: unknown) => {
      if (!(error instanceof ReconcileError)) throw error;
      return { ...sealed, problem: error };
    });
  };
  const chosen = chosenSecret === undefined ? undefined : await open(chosenSecret);
  // Content that is encrypted already needs no key, but only the key tells whether it is genuine.
  if (made && made.content !== null && sealing && sealedTo !== undefined && sealedTo !== sealing.recipient)
    await sealing.open('', sealedTo);
  // The attempt of another run can be finished only with its key.
  if (chosen && !(chosen instanceof Secret) && chosen.problem) throw chosen.problem;
  const secret = made && made.secret !== null ? await open(made.secret) : null;
  return {
    attempt: {
      ...rest,
      // A run that writes nothing only needs to know that there is a secret, not which.
      ...(chosen && { chosenSecret: chosen instanceof Secret ? chosen : new Secret('') }),
    },
    made: made && {
      ...made,
      ...(secret instanceof Secret || secret === null ? { secret } : { secret: null, sealed: secret }),
    },
  };
}
