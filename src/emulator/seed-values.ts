/** A function that reads a value of a seed. Throws an error that names the path of an invalid value. */
export type SeedReader<Value> = (value: unknown, path: string) => Value;

/** Reads a mapping with any keys. Throws for anything else, null included. */
export function readMapping(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path}: expected a mapping`);
  return value as Readonly<Record<string, unknown>>;
}

/** Reads a mapping. Throws for a key that is not among the given ones. */
export function readObject(
  keys: readonly string[],
  value: unknown,
  path: string,
): Readonly<Record<string, unknown>> {
  const entry = readMapping(value, path);
  const unknown = Object.keys(entry).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw new Error(`${path}.${unknown}: unknown key; known keys: ${keys.join(', ')}`);
  return entry;
}

/** Reads a list; empty if it is missing or null. */
export function readList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${path}: expected a list`);
  return value;
}

/** Reads a list, each item by a reader that gets its path; empty if it is missing or null. */
export function readEach<Value>(value: unknown, path: string, read: SeedReader<Value>): readonly Value[] {
  return readList(value, path).map((item, index) => read(item, `${path}[${index}]`));
}

/** Reads a text. Throws if it is empty. */
export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${path}: expected a string`);
  return value;
}

/** Reads one of several words. */
export function readEnum<Word extends string>(value: unknown, words: readonly Word[], path: string): Word {
  const word = words.find((known) => known === value);
  if (word === undefined) throw new Error(`${path}: expected one of ${words.join(', ')}`);
  return word;
}

/** Returns a reader that accepts one of several words. */
export function enumReader<Word extends string>(...words: readonly Word[]): SeedReader<Word> {
  return (value, path) => readEnum(value, words, path);
}

/** Reads a whole number of at least 1. */
export function readPositive(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw new Error(`${path}: expected a whole number of at least 1`);
  return value;
}

/** Reads `true` or `false`. */
export function readBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${path}: expected true or false`);
  return value;
}

/** Reads a number of seconds, with fractions if needed; returns milliseconds. */
export function readSeconds(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new Error(`${path}: expected a number of seconds`);
  return value * 1000;
}

/** Reads a date and returns it as written; null if it is missing or null. */
export function readDate(value: unknown, path: string): string | null {
  if (value === undefined || value === null) return null;
  if (Number.isNaN(Date.parse(String(value)))) throw new Error(`${path}: not a date`);
  return String(value);
}

/** Reads a duration such as `90d`, `12h`, `30m` or `-5s`; returns milliseconds, negative for the past. */
export function readDuration(value: unknown, path: string): number {
  const [, sign, count, unit] = /^(-?)(\d+)([smhd])$/.exec(String(value)) ?? [];
  if (count === undefined) throw new Error(`${path}: expected a duration such as 90d, 12h, 30m or -5s`);
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
  return Number(count) * unitMs * (sign === '' ? 1 : -1);
}

/** Reads a whole number of at least 0. */
export function readInteger(value: unknown, path: string): number {
  return value === 0 ? 0 : readPositive(value, path);
}
