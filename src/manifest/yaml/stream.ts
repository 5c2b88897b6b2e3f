import { Composer, type CST, type Document, Lexer, LineCounter, Parser, parseDocument } from 'yaml';
import { composeAll, createMeter, type Excess } from '../../core/util/yaml-bounds.ts';
import { checkDuplicateKeys } from './duplicate-keys.ts';

/** Maximum number of items of a long list. */
const maxItems = 250_000;

/** Maximum number of items that are faulty by themselves, or repeat others, and of characters in them. */
const maxFaulty = { items: 20_000, characters: 2 * 1024 * 1024 };

/** The remains of an item of a long list once it was read. Offsets are those of the text. */
export interface ListItem {
  /** From the beginning of its first line to its end. */
  readonly start: number;
  readonly end: number;
  /** The offset of its value. */
  readonly offset: number;
}

/** A YAML document. `kept` holds one value per streamed list item; the list in `document` is then empty. */
export interface YamlDocument<T> {
  readonly document: Document;
  readonly kept: readonly T[];
}

/** The fix for a text that is too large. */
const splitHint =
  'split it into several manifests; only tokens in lines that begin with a dash, without anchors, aliases and tags, may be longer';

/** The result of reading a text. */
export interface YamlRead<T> {
  readonly documents: readonly YamlDocument<T>[];
  readonly lines: LineCounter;
  /** Why a long text can't be read, and the place; it has no documents then. */
  readonly refused?: YamlError;
}

/** An error in a text. */
export interface YamlError {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
  /** Set if reading the text as a whole would give the same error. */
  readonly final?: true;
}

/** Options of the YAML parser. */
export const yamlOptions = {
  version: '1.2',
  merge: true,
  // Checked by `checkDuplicateKeys` instead.
  uniqueKeys: false,
  prettyErrors: false,
  // Warnings of the parser would go to stderr unescaped and unmasked.
  logLevel: 'error',
} as const;

/** The list of a manifest that can be long. */
export const streamedKey = 'tokens';

/**
 * Minimum length of a text that is read item by item, in characters. A shorter text can't exceed the bound on lexemes,
 * which holds for what is read as a whole.
 */
export const longText = 256 * 1024;

/** Maximum length of a text that is read as a whole, in characters. */
const wholeText = 4 * 1024 * 1024;

/**
 * Reads a YAML 1.2 text. A document takes a hundred times the memory of its text, so the items of a long list are
 * handed over one by one and dropped. This works only if the list is in block style, without errors, anchors or tags:
 * with those, items depend on other parts of the text. Every bound is checked while the text is parsed, before
 * documents are created from it.
 *
 * @param keep returns the value to keep of an item, which is a document here
 * @param faultCheck begins a document; tells whether a kept item is faulty, whatever else the document says
 */
export function readYaml<T>(
  text: string,
  keep: (document: Document, item: ListItem) => T,
  faultCheck: () => (kept: T) => boolean = () => () => false,
  long: number = longText,
): YamlRead<T> {
  if (text.length < long) return read(text);
  const parts = read(text, { keep, faultCheck });
  return parts.refused && !parts.refused.final && text.length <= wholeText ? read(text) : parts;
}

/** Reads an item once more, from its own text; returns it with the offset of that text. */
export function reparseItem(
  text: string,
  { start, end }: ListItem,
): { readonly document: Document; readonly base: number } {
  return { document: parseDocument(text.slice(start, end), yamlOptions), base: start };
}

/** Handlers for the items of a long list. */
interface Handover<T> {
  readonly keep: (document: Document, item: ListItem) => T;
  readonly faultCheck: () => (kept: T) => boolean;
}

/**
 * Reads a text. With a handover, a text that can't be read item by item is refused with the reason; a shorter one can
 * then be read as a whole.
 */
function read<T>(text: string, handover?: Handover<T>): YamlRead<T> {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const meter = createMeter();
  const tokens: CST.Token[] = [];
  const kept: T[][] = [];
  let current: T[] = [];
  /** Number of characters that were handed over. */
  let taken = 0;
  const faulty = { items: 0, characters: 0 };
  let isFaulty = handover?.faultCheck();
  let documents = 0;
  let wrong: YamlError | undefined;
  const reject = (refused: YamlError): YamlRead<T> => ({ documents: [], lines, refused });

  const take = ({ keep }: Handover<T>, items: CST.CollectionItem[], count: number): void => {
    for (const item of items.splice(0, count)) {
      const made = compose(text, item);
      wrong ??= made ? errorIn(made.document) : { offset: parser.offset, message: 'expected an item' };
      if (!made) continue;
      const one = keep(made.document, made.place);
      current.push(one);
      const length = made.place.end - made.place.start;
      taken += length;
      if (!isFaulty?.(one)) continue;
      faulty.items += 1;
      faulty.characters += length;
    }
  };
  const accept = (token: CST.Token): void => {
    tokens.push(token);
    if (token.type !== 'document') return;
    documents += 1;
    const list = handover && listIn(token.value);
    if (list) take(handover, list.items, list.items.length);
    kept.push(current);
    current = [];
    isFaulty = handover?.faultCheck();
  };
  const excess = (): Excess | undefined => {
    if (current.length > maxItems) return { message: `more than ${maxItems} ${streamedKey}` };
    if (faulty.items > maxFaulty.items || faulty.characters > maxFaulty.characters) {
      return {
        message: `too many ${streamedKey} are not valid or repeat others; nothing after this one was read`,
        hint: `fix the reported ${streamedKey} and run again`,
      };
    }
    return undefined;
  };
  for (const lexeme of new Lexer().lex(text)) {
    const type = meter.add(lexeme);
    if (handover && isShared(type)) {
      return reject({
        offset: parser.offset,
        message: `a document of this size can't contain a YAML ${type}`,
        hint: splitHint,
      });
    }
    for (const token of parser.next(lexeme)) accept(token);
    // All items but the last, which is still being read.
    const list = handover && openList(parser.stack);
    if (list) meter.enter(list);
    if (list && list.items.length > 1) {
      take(handover, list.items, list.items.length - 1);
      meter.release();
    }
    // Reading the text as a whole gives better error messages.
    if (wrong) return reject(wrong);
    const exceeded = excess() ?? meter.excess(parser, documents);
    if (exceeded) return reject({ hint: splitHint, ...exceeded, offset: parser.offset, final: true });
    if (parser.offset - taken > wholeText) {
      const message = `in a document of this size, each item of ${streamedKey} must be on lines that begin with a dash`;
      return reject({ offset: parser.offset, message, hint: splitHint });
    }
  }
  for (const token of parser.end()) accept(token);
  const composed = composeAll(tokens, yamlOptions);
  for (const document of composed) checkDuplicateKeys(document);
  wrong ??= handover && composed.map(errorIn).find((error) => error !== undefined);
  if (wrong) return reject(wrong);
  return { documents: composed.map((document, index) => ({ document, kept: kept[index] ?? [] })), lines };
}

/** Tells whether reading should stop, as too many tokens, or too long ones, are faulty by themselves. */
export function hasTooManyFaults(
  tokens: readonly unknown[],
  places: readonly ListItem[],
  isFaulty: (token: unknown) => boolean,
): boolean {
  let items = 0;
  let characters = 0;
  return tokens.some((token, index) => {
    if (!isFaulty(token)) return false;
    const place = places[index];
    items += 1;
    characters += place ? place.end - place.start : 0;
    return items > maxFaulty.items || characters > maxFaulty.characters;
  });
}

/** Tells whether items with such a lexeme depend on other parts of the text. */
function isShared(type: string): boolean {
  return type === 'anchor' || type === 'alias' || type === 'tag' || type === 'directive';
}

function errorIn({ errors }: Document): YamlError | undefined {
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
  return pair?.key?.type === 'scalar' && pair.key.source === streamedKey;
}

/** Composes an item as a document; `undefined` for anything else among the items. */
function compose(
  text: string,
  { start, value }: CST.CollectionItem,
): { readonly document: Document; readonly place: ListItem } | undefined {
  const dash = start.find(({ type }) => type === 'seq-item-ind')?.offset;
  if (dash === undefined) return undefined;
  const token: CST.Document = { type: 'document', offset: dash, start: [], ...(value && { value }) };
  const [document] = new Composer(yamlOptions).compose([token], true, dash);
  if (!document) throw new TypeError('an item without a document');
  checkDuplicateKeys(document);
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
