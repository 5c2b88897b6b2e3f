import { printable } from '../util/printable.ts';

/** Text that replaces a secret. */
export const shown = '(sensitive)';

/** Returns the spellings of a secret in lower case. Only for finding them in a text: see `createMasker`. */
let foldedOf: (secret: Secret) => readonly string[];

/**
 * A secret that can't be printed by accident: string conversion, JSON, `util.inspect` and error messages all show
 * `(sensitive)`. Only `reveal()` returns the text, and only `custody/` may call it.
 */
export class Secret {
  readonly #text: string;
  #spellings: readonly Spelling[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the secret itself. */
  reveal(): string {
    return this.#text;
  }

  /** Returns the number of characters. */
  get length(): number {
    return this.#text.length;
  }

  /**
   * Returns the text with every occurrence of this secret masked, in any case, and also in the spellings of JSON, URLs,
   * HTML, base64 and our own output.
   */
  maskIn(text: string): string {
    const lower = text.toLowerCase();
    let masked = text;
    for (const { exact, folded } of this.#spelled()) {
      // Both are checked, as lower case has another length in some scripts.
      if (!lower.includes(folded) && !text.includes(exact)) continue;
      masked = masked.replaceAll(exact, shown).replace(new RegExp(escapePattern(exact), 'gi'), shown);
    }
    return masked;
  }

  /** Returns the text with this secret masked if it is a separate word. For short secrets. */
  maskWordIn(text: string): string {
    if (this.#text.trim() === '') return text;
    const word = `(?<![\\p{L}\\p{N}_-])${escapePattern(this.#text)}(?![\\p{L}\\p{N}_-])`;
    return text.replace(new RegExp(word, 'giu'), shown);
  }

  /** Tells whether the secret has letters and digits, so that it is hardly a word by chance. */
  get isMixed(): boolean {
    return /\p{L}/u.test(this.#text) && /\p{N}/u.test(this.#text);
  }

  #spelled(): readonly Spelling[] {
    this.#spellings ??= spellingsOf(this.#text);
    return this.#spellings;
  }

  static {
    foldedOf = (secret) => secret.#spelled().map(({ folded }) => folded);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}

/** One way to write a secret. */
interface Spelling {
  readonly exact: string;
  /** The text in lower case. */
  readonly folded: string;
}

function spellingsOf(text: string): readonly Spelling[] {
  if (text === '') return [];
  const json = JSON.stringify(text).slice(1, -1);
  const bytes = Buffer.from(text);
  const spellings = new Set([
    text,
    text.toUpperCase(),
    json,
    // A surrogate without its other half has no spelling in a URL.
    ...(/\p{Cs}/u.test(text)
      ? []
      : [encodeURIComponent(text), encodeURIComponent(text).replaceAll('%20', '+')]),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    printable(text),
    printable(json),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]);
  // One spelling may be the beginning of another.
  return [...spellings]
    .sort((a, b) => b.length - a.length)
    .map((exact) => ({ exact, folded: exact.toLowerCase() }));
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The collected secrets of a run, which are masked in texts. */
export interface Masker {
  /** Adds a secret. Returns true if it was not known before. */
  add(secret: Secret): boolean;
  /** Adds a value that is masked only in text from others. It may not be secret, so it stays in our own text. */
  addReference(secret: Secret): void;
  /**
   * Adds the value of a manifest's reference. The author of a manifest can have any variable or file read, so the value and
   * each of its lines are masked in all texts.
   */
  addReferenced(secret: string): void;
  /** Masks a text that others sent. Masks every secret of four or more characters. */
  maskExternal(text: string): string;
  /**
   * Masks our own text, as a safety net. Masks only secrets that are long enough not to be a word by chance, so that a
   * password `token` doesn't mask half of a plan.
   */
  maskOwn(text: string): string;
}

const shortest = 4;
const longEnough = 12;

/** Returns a pattern of the secrets with these prefixes. */
function prefixedPattern(prefixes: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${prefixes.map(escapePattern).join('|')})[A-Za-z0-9_-]+`, 'g');
}

/** An index that finds secrets in a text, in a time that doesn't depend on their number. */
interface SecretIndex {
  add(secret: Secret): void;
  /** Returns the secrets that a text may hold, the longest first. */
  search(text: string): readonly Secret[];
}

/** Number of characters of a spelling that are looked up at once. */
const indexedLength = shortest;
/** Size of the table that rules out most positions of a text: five bits for each of these characters. */
const filterSize = 1 << (5 * indexedLength);

/** Returns the index in that table for the last characters. Earlier ones have been shifted out. */
function nextPlace(place: number, code: number): number {
  return ((place << 5) ^ code) & (filterSize - 1);
}

/** A spelling of a secret. */
interface Found {
  readonly folded: string;
  readonly secret: Secret;
}

/**
 * The spellings that begin alike. The long ones are found by a longer beginning, as all secrets of a service may have the same
 * prefix.
 */
interface StartIndex {
  readonly short: Found[];
  readonly long: Map<string, Found[]>;
}

function createIndex(): SecretIndex {
  const added: Secret[] = [];
  let filter = new Uint8Array(0);
  const byStart = new Map<string, StartIndex>();
  /** The secrets with non-ASCII letters, whose lower case can depend on the surrounding text. */
  const beyondAscii: Secret[] = [];
  const enter = (secret: Secret): void => {
    for (const folded of foldedOf(secret)) {
      if (/\P{ASCII}/u.test(folded)) beyondAscii.push(secret);
      const start = folded.slice(0, indexedLength);
      if (filter.length === 0) filter = new Uint8Array(filterSize);
      let place = 0;
      for (let at = 0; at < indexedLength; at += 1) place = nextPlace(place, start.charCodeAt(at));
      filter[place] = 1;
      const starting = byStart.get(start) ?? { short: [], long: new Map<string, Found[]>() };
      byStart.set(start, starting);
      if (folded.length < longEnough) starting.short.push({ folded, secret });
      else {
        const longer = folded.slice(0, longEnough);
        const others = starting.long.get(longer) ?? [];
        starting.long.set(longer, others);
        others.push({ folded, secret });
      }
    }
  };
  return {
    add: (secret) => added.push(secret),
    search(text) {
      for (const secret of added.splice(0)) if (secret.length >= shortest) enter(secret);
      const found = new Set(beyondAscii);
      if (byStart.size > 0) {
        const lower = text.toLowerCase();
        const table = filter;
        let place = 0;
        for (let end = 0; end < lower.length; end += 1) {
          place = nextPlace(place, lower.charCodeAt(end));
          const at = end + 1 - indexedLength;
          if (table[place] === 0 || at < 0) continue;
          const starting = byStart.get(lower.slice(at, at + indexedLength));
          if (!starting) continue;
          const longer = starting.long.get(lower.slice(at, at + longEnough)) ?? [];
          for (const candidates of [starting.short, longer]) {
            for (const { folded, secret } of candidates) if (lower.startsWith(folded, at)) found.add(secret);
          }
        }
      }
      return [...found].sort((a, b) => b.length - a.length);
    },
  };
}

/**
 * Creates an empty masker.
 *
 * @param prefixes the prefixes of secrets that are masked even if the run doesn't know them
 */
export function createMasker(prefixes: readonly string[] = []): Masker {
  const prefixed = prefixes.length > 0 ? prefixedPattern(prefixes) : undefined;
  const secrets = new Set<Secret>();
  const referenced = new Map<string, Secret>();
  const index = createIndex();
  const unsure = createIndex();
  const withoutPrefixed = (text: string): string => (prefixed ? text.replace(prefixed, shown) : text);
  const maskAll = (text: string, found: readonly Secret[], least: number): string =>
    // One may be the beginning of another, so the longer one comes first.
    withoutPrefixed(
      found.filter(({ length }) => length >= least).reduce((masked, secret) => secret.maskIn(masked), text),
    );
  /** Masks secrets that are too short for that if they are separate words. */
  const maskWords = (text: string, isChosen: (secret: Secret) => boolean): string =>
    [...referenced.values()].filter(isChosen).reduce((masked, secret) => secret.maskWordIn(masked), text);
  return {
    add(secret) {
      if (secrets.has(secret)) return false;
      secrets.add(secret);
      index.add(secret);
      return true;
    },
    addReference(secret) {
      unsure.add(secret);
    },
    addReferenced(text) {
      for (const part of new Set([text, ...text.split(/\r?\n/)])) {
        if (part.trim() === '' || referenced.has(part)) continue;
        const secret = new Secret(part);
        referenced.set(part, secret);
        index.add(secret);
      }
    },
    maskExternal: (text) => {
      const masked = maskAll(text, index.search(text), shortest);
      return maskWords(maskAll(masked, unsure.search(masked), shortest), ({ length }) => length < shortest);
    },
    maskOwn: (text) =>
      maskWords(
        maskAll(text, index.search(text), longEnough),
        (secret) => secret.length < longEnough && secret.length >= shortest && secret.isMixed,
      ),
  };
}
