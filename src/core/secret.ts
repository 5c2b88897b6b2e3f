/** Text that takes the place of a secret. */
export const shown = '(sensitive)';

/**
 * A secret that can't be printed by accident: string conversion, JSON, `util.inspect` and error messages
 * all show `(sensitive)`. Only `reveal()` gives the text, and only `custody/` may call it.
 */
export class Secret {
  readonly #text: string;

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

  /** The text with every occurrence of this secret blanked out, also in its JSON and URL spellings. */
  maskIn(text: string): string {
    if (this.#text === '') return text;
    const spellings = new Set([
      this.#text,
      JSON.stringify(this.#text).slice(1, -1),
      encodeURIComponent(this.#text),
    ]);
    return [...spellings].reduce((masked, spelling) => masked.replaceAll(spelling, shown), text);
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

/** Collects the secrets of a run and blanks them out. */
export interface Masker {
  /** Gives whether it was not known before. */
  add(secret: Secret): boolean;
  /** Adds what others may not send back, and what need not be one: in text of our own it stays. */
  addUnsure(secret: Secret): void;
  /** For text that others sent: every secret is blanked out, but for those of under four characters. */
  mask(text: string): string;
  /**
   * For text of our own, as a safety net: only secrets that are long enough not to be a word of ours by chance,
   * so that a password `token` doesn't blank out half of a plan.
   */
  maskLong(text: string): string;
}

const shortest = 4;
const longEnough = 12;

/** What Docker Hub's tokens begin with: blanked out also where they are none of this run's. */
const knownPrefixes = /\bdckr_(?:pat|oat)_[A-Za-z0-9_-]+/g;

/** An empty masker. */
export function createMasker(): Masker {
  const secrets: Secret[] = [];
  const unsure: Secret[] = [];
  const maskAll = (text: string, least: number, more: readonly Secret[]): string =>
    [...secrets, ...more]
      .filter(({ length }) => length >= least)
      .reduce((masked, secret) => secret.maskIn(masked), text)
      .replace(knownPrefixes, shown);
  return {
    add(secret) {
      if (secrets.some((known) => known === secret)) return false;
      // One may be the beginning of another: the longer one first.
      const place = secrets.findIndex(({ length }) => length < secret.length);
      secrets.splice(place === -1 ? secrets.length : place, 0, secret);
      return true;
    },
    addUnsure(secret) {
      unsure.push(secret);
    },
    mask: (text) => maskAll(text, shortest, unsure),
    maskLong: (text) => maskAll(text, longEnough, []),
  };
}
