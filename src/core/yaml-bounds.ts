import { CST, Lexer, Parser } from 'yaml';

/** Maximum number of collections within each other. */
const maxDepth = 100;

/** Maximum number of anchors in a file. */
const maxAnchors = 1000;

/** Maximum number of aliases in a file. */
const maxAliases = 10_000;

/** Maximum number of documents in a file. */
const maxDocuments = 1000;

/**
 * Maximum number of parts that are in memory at once: keys, values, signs, comments, indents and line ends. Each needs
 * about 300 bytes. The items of a list that is handed over don't count.
 */
const maxParts = 300_000;

/** Counts what a YAML text holds while it is parsed, so that nothing large is made of it first. */
export interface Meter {
  /** Counts a lexeme, and gives its type. */
  add(lexeme: string): string;
  /** Notes that the items of a list are handed over from now on. */
  enter(list: CST.BlockSequence): void;
  /** Forgets the items that were handed over. */
  release(): void;
  /** Which bound the text exceeds, in words. */
  excess(parser: Parser, documents: number): string | undefined;
}

export function createMeter(): Meter {
  let parts = 0;
  let anchors = 0;
  let aliases = 0;
  let isText = false;
  let entered: CST.BlockSequence | undefined;
  let partsBefore = 0;
  return {
    add(lexeme) {
      parts += 1;
      // The lexeme after this mark is a text, whatever it begins with.
      const type = isText ? 'text' : (CST.tokenType(lexeme) ?? '');
      isText = type === 'scalar';
      if (type === 'anchor') anchors += 1;
      if (type === 'alias') aliases += 1;
      return type;
    },
    enter(list) {
      if (entered !== list) partsBefore = parts;
      entered = list;
    },
    release() {
      parts = partsBefore;
    },
    excess({ stack }, documents) {
      if (stack.length > maxDepth) return 'it is nested too deeply';
      if (documents > maxDocuments) return `more than ${maxDocuments} documents in one file`;
      if (anchors > maxAnchors) return `more than ${maxAnchors} anchors`;
      if (aliases > maxAliases) return `more than ${maxAliases} aliases`;
      if (parts > maxParts) return `more than ${maxParts} keys, values, signs and lines`;
      return undefined;
    },
  };
}

/** Returns which bound a text exceeds, in words, and where; found without composing documents. */
export function excessIn(text: string): { readonly offset: number; readonly message: string } | undefined {
  const parser = new Parser();
  const meter = createMeter();
  let documents = 0;
  for (const lexeme of new Lexer().lex(text)) {
    meter.add(lexeme);
    for (const { type } of parser.next(lexeme)) if (type === 'document') documents += 1;
    const message = meter.excess(parser, documents);
    if (message !== undefined) return { offset: parser.offset, message };
  }
  return undefined;
}
