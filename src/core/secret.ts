const shown = '(sensitive)';

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

/** Collects the secrets of a run and blanks them out of whatever others send back. */
export interface Masker {
  add(secret: Secret): void;
  mask(text: string): string;
}

/** An empty masker. */
export function createMasker(): Masker {
  const secrets: Secret[] = [];
  return {
    add: (secret) => {
      secrets.push(secret);
    },
    mask: (text) => secrets.reduce((masked, secret) => secret.maskIn(masked), text),
  };
}
