import { type DirectText, withoutPart } from './direct-text.ts';
import { readFlow } from './plain-flow.ts';
import { keyAt, type PlainReader, plainValue, quotedAt, Unfamiliar } from './plain-scalar.ts';
import { type ListItem, streamedKey } from './stream.ts';

/** Bounds for texts of this style; the YAML parser reports errors for others. */
const maxDepth = 20;
const maxKeys = 100;
const maxItems = 250_000;
const maxItemLength = 64 * 1024;
const maxRest = 256 * 1024;

/** A word of a plain scalar in a block, and all the words of one. */
const blockScalar = /[\w./$](?:[!$-9;-~]|:(?=[!-~]))*(?: +(?:[!$-9;-~]|:(?=[!-~]))+)*/y;

const lineEnd = / *(?:#.*)?(?:\n|$)/y;

const compactMap = /[A-Za-z_][\w./-]*:(?=[ \n]|$)/y;

/**
 * Reads YAML in the plain style of most manifests, in a tenth of the time that the YAML parser takes: mappings and lists
 * whose values are on one line each, without escapes, tabs, anchors, aliases and tags. Returns `undefined` for any other
 * text, and for one with errors. What it reads, the parser reads alike.
 *
 * @param isHidden tells whether the value of a key is a credential
 */
export function readPlainYaml(text: string, isHidden: (key: string) => boolean): DirectText | undefined {
  if (text.includes('\r')) return undefined;
  try {
    return new BlockReader(text, isHidden).read();
  } catch (error) {
    if (error instanceof Unfamiliar) return undefined;
    throw error;
  }
}

/** Reads a text line by line. A line that is reached has its indent and the offset of its content set. */
class BlockReader implements PlainReader {
  readonly text: string;
  readonly isHidden: (key: string) => boolean;
  readonly hidden: (readonly [number, number])[] = [];
  readonly #items: ListItem[] = [];
  /** Offset of the next character. */
  at = 0;
  /** Start and indent of the line that is being read; the indent is -1 at the end of the text. */
  #lineStart = 0;
  #indent = 0;

  constructor(text: string, isHidden: (key: string) => boolean) {
    this.text = text;
    this.isHidden = isHidden;
  }

  read(): DirectText {
    this.#nextLine();
    if (this.text.startsWith('---', this.at)) {
      this.at += 3;
      this.#endLine();
    }
    if (this.#indent !== 0) throw new Unfamiliar();
    const value = this.#map(0, 0);
    if (!this.#isAtEnd()) throw new Unfamiliar();
    const [first, second] = this.#items;
    const from = second?.start ?? first?.end ?? 0;
    const rest = withoutPart(this.text, from, this.#items.at(-1)?.end ?? from);
    if (rest.text.length > maxRest) throw new Unfamiliar();
    return { value, items: this.#items, rest, hidden: this.hidden, itemPath: [0] };
  }

  /** Goes to the content of the next line that has any. */
  #nextLine(): void {
    for (;;) {
      const start = this.at;
      let content = start;
      while (this.text.charCodeAt(content) === 32) content += 1;
      if (content === this.text.length) {
        this.at = content;
        this.#lineStart = start;
        this.#indent = -1;
        return;
      }
      const first = this.text.charCodeAt(content);
      if (first !== 10 && first !== 35) {
        this.at = content;
        this.#lineStart = start;
        this.#indent = content - start;
        return;
      }
      const end = this.text.indexOf('\n', content);
      this.at = end === -1 ? this.text.length : end + 1;
    }
  }

  /** Ends a line after its last value. */
  #endLine(): void {
    lineEnd.lastIndex = this.at;
    if (!lineEnd.test(this.text)) throw new Unfamiliar();
    // A comment begins after a space.
    if (this.text.charCodeAt(this.at) === 35) throw new Unfamiliar();
    this.at = lineEnd.lastIndex;
    this.#nextLine();
  }

  #isAtEnd(): boolean {
    return this.#indent === -1;
  }

  #isLineEnd(): boolean {
    lineEnd.lastIndex = this.at;
    return lineEnd.test(this.text);
  }

  /** Reads a mapping whose keys are at this column, from its first key. */
  #map(column: number, depth: number): Record<string, unknown> {
    if (depth > maxDepth) throw new Unfamiliar();
    const map: Record<string, unknown> = {};
    let keys = 0;
    do {
      const key = keyAt(this);
      keys += 1;
      if (keys > maxKeys || Object.hasOwn(map, key)) throw new Unfamiliar();
      map[key] = this.#valueOf(key, column, depth);
    } while (this.#indent === column && !this.#isItem());
    if (this.#indent > column) throw new Unfamiliar();
    return map;
  }

  #valueOf(key: string, column: number, depth: number): unknown {
    const isTokens = depth === 0 && key === streamedKey;
    if (!this.#isLineEnd()) {
      const from = this.#skipSpaces();
      const value = this.#inline(depth, this.isHidden(key));
      if (isTokens && typeof value === 'object' && value !== null) throw new Unfamiliar();
      if (this.isHidden(key)) this.hidden.push([from, this.at]);
      this.#endLine();
      return value;
    }
    this.#endLine();
    const isList = this.#isItem() && this.#indent >= column;
    if (!isList && this.#indent <= column) return null;
    // The parser would tell where the value ends.
    if (this.isHidden(key)) throw new Unfamiliar();
    if (isList) return this.#list(this.#indent, depth + 1, isTokens);
    if (isTokens) throw new Unfamiliar();
    return this.#map(this.#indent, depth + 1);
  }

  /** Tells whether the line begins with a dash. */
  #isItem(): boolean {
    return this.text.charCodeAt(this.at) === 45 && this.at === this.#lineStart + this.#indent;
  }

  #list(column: number, depth: number, isTokens: boolean): readonly unknown[] {
    if (depth > maxDepth) throw new Unfamiliar();
    const list: unknown[] = [];
    while (this.#indent === column && this.#isItem()) {
      const start = this.#lineStart;
      this.at += 1;
      const offset = this.#skipSpaces();
      if (offset === start + column + 1) throw new Unfamiliar();
      compactMap.lastIndex = offset;
      if (compactMap.test(this.text)) {
        this.#indent = offset - start;
        list.push(this.#map(this.#indent, depth + 1));
      } else {
        list.push(this.#inline(depth, false));
        this.#endLine();
      }
      if (isTokens) this.#keep({ start, end: this.#isAtEnd() ? this.at : this.#lineStart, offset });
    }
    if (this.#indent > column) throw new Unfamiliar();
    return list;
  }

  #keep(item: ListItem): void {
    if (item.end - item.start > maxItemLength || this.#items.length >= maxItems) throw new Unfamiliar();
    this.#items.push(item);
  }

  #skipSpaces(): number {
    while (this.text.charCodeAt(this.at) === 32) this.at += 1;
    return this.at;
  }

  /** Reads a value on this line. */
  #inline(depth: number, isHidden: boolean): unknown {
    const first = this.text.charAt(this.at);
    if (first === '{' || first === '[') return readFlow(this, depth + 1, isHidden);
    if (first === '"' || first === "'") return quotedAt(this);
    blockScalar.lastIndex = this.at;
    const [word] = blockScalar.exec(this.text) ?? [];
    if (word === undefined) throw new Unfamiliar();
    this.at = blockScalar.lastIndex;
    return plainValue(word);
  }
}
