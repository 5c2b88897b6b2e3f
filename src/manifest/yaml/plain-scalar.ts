/** Thrown for a text that the YAML parser has to read. */
export class Unfamiliar extends Error {}

/** The text that is being read, and the place in it. */
export interface PlainReader {
  readonly text: string;
  /** Offset of the next character. */
  at: number;
  /** The places of the values of hidden keys, in order. */
  readonly hidden: (readonly [from: number, to: number])[];
  /** Tells whether the value of a key is a credential. */
  readonly isHidden: (key: string) => boolean;
}

/** The plain scalars that are not texts; as keys they are unusual. */
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

const number =
  /^[-+]?(?:0o[0-7]+|0x[\da-fA-F]+|(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|\.(?:inf|Inf|INF|nan|NaN|NAN))$/;

const wholeNumber = /^(?:0|[1-9]\d{0,14})$/;

const keyPattern = /([A-Za-z_][\w./-]{0,200}):(?=[ \n]|$)/y;

/** Quoted texts without escapes, and without characters that no manifest needs. */
const doubleQuoted = /"([ !#-[\]-~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe]*)"/y;
const singleQuoted = /'([ -&(-~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe]*)'(?!')/y;

/** Reads a key and its colon. */
export function keyAt(reader: PlainReader): string {
  keyPattern.lastIndex = reader.at;
  const [, key] = keyPattern.exec(reader.text) ?? [];
  if (key === undefined || key === '__proto__' || constants.has(key)) throw new Unfamiliar();
  reader.at = keyPattern.lastIndex;
  return key;
}

/** Reads a text in quotes. */
export function quotedAt(reader: PlainReader): string {
  const pattern = reader.text.charAt(reader.at) === '"' ? doubleQuoted : singleQuoted;
  pattern.lastIndex = reader.at;
  const [, text] = pattern.exec(reader.text) ?? [];
  if (text === undefined) throw new Unfamiliar();
  reader.at = pattern.lastIndex;
  return text;
}

/** Returns the value of a plain scalar. */
export function plainValue(word: string): unknown {
  const constant = constants.get(word);
  if (constant !== undefined) return constant;
  if (!number.test(word)) return word;
  if (!wholeNumber.test(word)) throw new Unfamiliar();
  return Number(word);
}
