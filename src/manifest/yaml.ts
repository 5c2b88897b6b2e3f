import {
  Composer,
  CST,
  type Document,
  Lexer,
  LineCounter,
  Parser,
  parseAllDocuments,
  parseDocument,
} from 'yaml';
import { checkMappings } from './mappings.ts';

/** No list of a text is longer. */
const maxItems = 250_000;

/** Collections within collections, to which no manifest comes near. */
const maxDepth = 100;

/** Brackets that are open at once, those in texts and comments among them. */
const maxBrackets = 1000;

/** Each alias is looked up among all anchors. */
const maxAnchors = 1000;

/** An item of a long list: what is left of it once it was read. Offsets are those of the text. */
export interface Item {
  /** From the beginning of its first line to its end. */
  readonly start: number;
  readonly end: number;
  /** Where its value stands. */
  readonly offset: number;
}

/** A YAML document; `T` is what is kept of each item of its long list, which is empty then. */
export interface YamlDocument<T> {
  readonly document: Document;
  readonly kept: readonly T[];
}

/** A text that was read. */
export interface Yaml<T> {
  readonly documents: readonly YamlDocument<T>[];
  readonly lines: LineCounter;
  /** Why a long text can't be read, and where; it has no documents then. */
  readonly refused?: Refusal;
}

/** What is wrong with a text. */
export interface Refusal {
  readonly offset: number;
  readonly message: string;
  /** It would be the same if the text was read as a whole. */
  readonly final?: true;
}

const options = {
  version: '1.2',
  merge: true,
  // Checked in another way: see checkMappings.
  uniqueKeys: false,
  prettyErrors: false,
  // Its warnings would go to stderr past everything that makes a text safe to print.
  logLevel: 'error',
} as const;

/** The list of a manifest that can be long. */
export const longList = 'tokens';

/** A text of so many characters is long; a shorter one is no burden. */
const longText = 8 * 1024;

/** No more characters than these are read in one piece: that takes a hundred times their memory. */
const wholeText = 4 * 1024 * 1024;

/**
 * Reads a YAML 1.2 text. A document takes a hundred times the memory of its text, so the items of a long list are handed
 * over one by one and forgotten. Only where the list is written in lines, nothing is wrong, and there are no anchors or
 * tags: by those, items depend on what stands elsewhere.
 *
 * @param keep makes of an item, which is a document here, what is kept of it
 */
export function readYaml<T>(
  text: string,
  keep: (document: Document, item: Item) => T,
  long: number = longText,
): Yaml<T> {
  const refused = tooMuch(text);
  if (refused) return { documents: [], lines: linesOf(text), refused };
  if (text.length < long) return readWhole(text);
  const read = readLong(text, keep);
  return read.refused && !read.refused.final && text.length <= wholeText ? readWhole(text) : read;
}

/** What would take too long, or more of the stack than there is, to find out by reading: told by the text alone. */
function tooMuch(text: string): Refusal | undefined {
  let depth = 0;
  for (let offset = 0; offset < text.length; offset += 1) {
    const character = text[offset];
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > maxBrackets) return { offset, message: 'it is nested too deeply', final: true };
  }
  const dashes = /(?:[-?][ \t]+){500}/.exec(text);
  if (dashes) return { offset: dashes.index, message: 'it is nested too deeply', final: true };
  const anchors = [...text.matchAll(/(?:^|[\s,[{])&\S/g)];
  const last = anchors[maxAnchors];
  return last && { offset: last.index, message: `more than ${maxAnchors} anchors`, final: true };
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

/** Reads an item once more, from its own text; gives it with the offset of that text. */
export function readAgain(
  text: string,
  { start, end }: Item,
): { readonly document: Document; readonly base: number } {
  return { document: parseDocument(text.slice(start, end), options), base: start };
}

function readWhole<T>(text: string): Yaml<T> {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { ...options, lineCounter: lines });
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const document of documents) checkMappings(document);
  return { documents: documents.map((document) => ({ document, kept: [] })), lines };
}

/** What can't be read item by item is refused with the reason; a shorter text can be read as a whole then. */
function readLong<T>(text: string, keep: (document: Document, item: Item) => T): Yaml<T> {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  const kept: T[][] = [];
  let current: T[] = [];
  /** How many characters were handed over. */
  let taken = 0;
  let wrong: Refusal | undefined;
  const refuse = (refused: Refusal): Yaml<T> => ({ documents: [], lines, refused });

  const take = (items: CST.CollectionItem[], count: number): void => {
    for (const item of items.splice(0, count)) {
      const read = compose(text, item);
      wrong ??= read ? errorIn(read.document) : { offset: parser.offset, message: 'expected an item' };
      if (!read) continue;
      current.push(keep(read.document, read.place));
      taken += read.place.end - read.place.start;
    }
  };
  const accept = (token: CST.Token): void => {
    tokens.push(token);
    if (token.type !== 'document') return;
    const list = listIn(token.value);
    if (list) take(list.items, list.items.length);
    kept.push(current);
    current = [];
  };
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme) ?? '';
    if (['anchor', 'alias', 'tag', 'directive'].includes(type)) {
      return refuse({ offset: parser.offset, message: `so long a text can have no ${type}` });
    }
    for (const token of parser.next(lexeme)) accept(token);
    // All items but the last, which is still being read.
    const list = openList(parser.stack);
    if (list && list.items.length > 1) take(list.items, list.items.length - 1);
    // Where something is wrong it is better told by the text as a whole.
    if (wrong) return refuse(wrong);
    if (parser.stack.length > maxDepth) {
      return refuse({ offset: parser.offset, message: 'it is nested too deeply', final: true });
    }
    if (current.length > maxItems) {
      return refuse({ offset: parser.offset, message: `more than ${maxItems} ${longList}`, final: true });
    }
    if (parser.offset - taken > wholeText) {
      const message = `so long a text has to have its ${longList} in lines that begin with a dash`;
      return refuse({ offset: parser.offset, message });
    }
  }
  for (const token of parser.end()) accept(token);
  const documents = [...new Composer(options).compose(tokens)];
  for (const document of documents) checkMappings(document);
  wrong ??= documents.map(errorIn).find((error) => error !== undefined);
  if (wrong) return refuse(wrong);
  return { documents: documents.map((document, index) => ({ document, kept: kept[index] ?? [] })), lines };
}

function errorIn({ errors }: Document): Refusal | undefined {
  const [error] = errors;
  return error && { offset: error.pos[0], message: error.message };
}

function openList([document, map, list]: readonly CST.Token[]): CST.BlockSequence | undefined {
  if (document?.type !== 'document' || map?.type !== 'block-map' || list?.type !== 'block-seq')
    return undefined;
  return isLongList(map.items.at(-1)) ? list : undefined;
}

function listIn(value: CST.Token | undefined): CST.BlockSequence | undefined {
  const found = value?.type === 'block-map' ? value.items.find(isLongList)?.value : undefined;
  return found?.type === 'block-seq' ? found : undefined;
}

function isLongList(pair: CST.CollectionItem | undefined): boolean {
  return pair?.key?.type === 'scalar' && pair.key.source === longList;
}

/** An item as a document; `undefined` for what stands among the items and is none. */
function compose(
  text: string,
  { start, value }: CST.CollectionItem,
): { readonly document: Document; readonly place: Item } | undefined {
  const dash = start.find(({ type }) => type === 'seq-item-ind')?.offset;
  if (dash === undefined) return undefined;
  const token: CST.Document = { type: 'document', offset: dash, start: [], ...(value && { value }) };
  const [document] = new Composer(options).compose([token], true, dash);
  if (!document) throw new TypeError('an item that is no document');
  checkMappings(document);
  const range = value && document.contents?.range;
  return {
    document,
    place: {
      start: text.lastIndexOf('\n', dash) + 1,
      end: range?.[2] ?? dash + 1,
      offset: range?.[0] ?? dash + 1,
    },
  };
}
