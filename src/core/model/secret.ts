import { printable } from '../util/printable.ts';

/** Text that takes the place of a secret. */
export const shown = '(sensitive)';

/** Returns the spellings of a secret in lower case. Only for looking them up in a text: see `createMasker`. */
let foldedOf: (secret: Secret) => readonly string[];

/**
 * A secret that can't be printed by accident: string conversion, JSON, `util.inspect` and error messages
 * all show `(sensitive)`. Only `reveal()` gives the text, and only `custody/` may call it.
 */
export class Secret {
  readonly #text: string;
  #spellings: readonly Spelling[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself. */
  reveal(): string {
    return this.#text;
  }

  /** How many characters it has. */
  get length(): number {
    return this.#text.length;
  }

  /**
   * Returns the text with every occurrence of this secret blanked out, in any case of its letters, and also as JSON,
   * URLs, HTML, base64 and our own output spell it.
   */
  maskIn(text: string): string {
    const lower = text.toLowerCase();
    let masked = text;
    for (const { exact, folded } of this.#spelled()) {
      // Both: lower case has another length in some scripts.
      if (!lower.includes(folded) && !text.includes(exact)) continue;
      masked = masked.replaceAll(exact, shown).replace(new RegExp(escapePattern(exact), 'gi'), shown);
    }
    return masked;
  }

  /** Returns the text with this secret blanked out where it is a word of its own: for one that is short. */
  maskWordIn(text: string): string {
    if (this.#text.trim() === '') return text;
    const word = `(?<![\\p{L}\\p{N}_-])${escapePattern(this.#text)}(?![\\p{L}\\p{N}_-])`;
    return text.replace(new RegExp(word, 'giu'), shown);
  }

  /** Whether it could hardly be a word by chance: it has letters and digits. */
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
  /** In lower case. */
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
    // A surrogate without its half has no spelling in a URL.
    ...(/\p{Cs}/u.test(text)
      ? []
      : [encodeURIComponent(text), encodeURIComponent(text).replaceAll('%20', '+')]),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    printable(text),
    printable(json),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]);
  // One may be the beginning of another.
  return [...spellings]
    .sort((a, b) => b.length - a.length)
    .map((exact) => ({ exact, folded: exact.toLowerCase() }));
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Collects the secrets of a run and blanks them out. */
export interface Masker {
  /** Gives whether it was not known before. */
  add(secret: Secret): boolean;
  /** Adds what others may not send back, and what need not be one: in text of our own it stays. */
  addReference(secret: Secret): void;
  /**
   * Adds the value of a manifest's reference: the author of a manifest can have any variable or file read. It is blanked
   * out in all texts, each of its lines too.
   */
  addReferenced(secret: string): void;
  /** For text that others sent: every secret is blanked out, but for those of under four characters. */
  maskExternal(text: string): string;
  /**
   * For text of our own, as a safety net: only secrets that are long enough not to be a word of ours by chance,
   * so that a password `token` doesn't blank out half of a plan.
   */
  maskOwn(text: string): string;
}

const shortest = 4;
const longEnough = 12;

/** What Docker Hub's tokens begin with: blanked out also where they are none of this run's. */
const knownPrefixes = /\bdckr_(?:pat|oat)_[A-Za-z0-9_-]+/g;

/** Finds secrets in a text, in a time that doesn't depend on how many there are. */
interface SecretIndex {
  add(secret: Secret): void;
  /** Returns the secrets that a text may hold, the longest first. */
  search(text: string): readonly Secret[];
}

/** How many characters of a spelling are looked up at once. */
const indexedLength = shortest;
/** Size of the table that most places of a text are ruled out by: five bits for each of these characters. */
const filterSize = 1 << (5 * indexedLength);

/** Returns the place in that table of the last characters that it was given: an earlier one has been shifted out. */
function nextPlace(place: number, code: number): number {
  return ((place << 5) ^ code) & (filterSize - 1);
}

function createIndex(): SecretIndex {
  const added: Secret[] = [];
  let filter = new Uint8Array(0);
  const byStart = new Map<string, { readonly folded: string; readonly secret: Secret }[]>();
  /** Lower case isn't the same everywhere for these. */
  const beyondAscii: Secret[] = [];
  const enter = (secret: Secret): void => {
    for (const folded of foldedOf(secret)) {
      if (/\P{ASCII}/u.test(folded)) beyondAscii.push(secret);
      const start = folded.slice(0, indexedLength);
      if (filter.length === 0) filter = new Uint8Array(filterSize);
      let place = 0;
      for (let at = 0; at < indexedLength; at += 1) place = nextPlace(place, start.charCodeAt(at));
      filter[place] = 1;
      const others = byStart.get(start);
      if (others) others.push({ folded, secret });
      else byStart.set(start, [{ folded, secret }]);
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
          for (const { folded, secret } of starting) if (lower.startsWith(folded, at)) found.add(secret);
        }
      }
      return [...found].sort((a, b) => b.length - a.length);
    },
  };
}

/** An empty masker. */
export function createMasker(): Masker {
  const secrets = new Set<Secret>();
  const referenced = new Map<string, Secret>();
  const index = createIndex();
  const unsure = createIndex();
  const maskAll = (text: string, found: readonly Secret[], least: number): string =>
    // One may be the beginning of another: the longer one first.
    found
      .filter(({ length }) => length >= least)
      .reduce((masked, secret) => secret.maskIn(masked), text)
      .replace(knownPrefixes, shown);
  /** Blanks out what is too short for that where it is a word. */
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
