import { Composer, CST, type Document, Lexer, Parser } from 'yaml';

type ComposeErrorHandler = (source: unknown, code: string, message: string, isWarning?: boolean) => void;

/** Maximum nesting of collections. */
const maxDepth = 100;

/** The fix for a text that is nested too deeply: its parts would be, too. */
export const flattenHint = `nest lists and mappings at most ${maxDepth} deep; an unclosed bracket or a wrong indent may be the cause`;

/** Maximum number of anchors in a file. */
const maxAnchors = 1000;

/** Maximum number of aliases in a file. */
const maxAliases = 10_000;

/** Maximum number of documents in a file. */
const maxDocuments = 1000;

/**
 * Maximum number of parts in memory at once: keys, values, indicators, comments, indents and line ends. Each needs about
 * 300 bytes. The items of a streamed list don't count.
 */
const maxParts = 300_000;

/** Maximum length of a scalar in a file, in characters as written. */
const maxTextLength = 256 * 1024;

/** Maximum number of errors in a file. */
const maxErrors = 1000;

/** A bound that a text exceeds. */
export interface Excess {
  readonly message: string;
  /** The fix; absent if it is to split the text. */
  readonly hint?: string;
}

/** A meter of the contents of a YAML text during parsing. It stops before large structures are created. */
export interface Meter {
  /** Counts a lexeme, and returns its type. */
  add(lexeme: string): string;
  /** Marks the items of a list as streamed from now on. */
  enter(list: CST.BlockSequence): void;
  /** Stops counting the streamed items. */
  release(): void;
  /** Returns the bound that the text exceeds; `undefined` if there is none. */
  excess(parser: Parser, documents: number): Excess | undefined;
}

/** Creates a meter for one text. */
export function createMeter(): Meter {
  let parts = 0;
  let anchors = 0;
  let aliases = 0;
  let longestText = 0;
  let isText = false;
  let entered: CST.BlockSequence | undefined;
  let partsBefore = 0;
  return {
    add(lexeme) {
      parts += 1;
      // The lexeme after this mark is a scalar, whatever it begins with.
      const type = isText ? 'text' : (CST.tokenType(lexeme) ?? '');
      if (isText || type.endsWith('-quoted-scalar')) longestText = Math.max(longestText, lexeme.length);
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
      if (stack.length > maxDepth) return { message: 'nested too deeply', hint: flattenHint };
      if (documents > maxDocuments) return { message: `more than ${maxDocuments} documents in one file` };
      if (anchors > maxAnchors) return { message: `more than ${maxAnchors} anchors` };
      if (aliases > maxAliases) return { message: `more than ${maxAliases} aliases` };
      if (longestText > maxTextLength) {
        return { message: `a text of more than ${maxTextLength} characters`, hint: 'shorten the text' };
      }
      if (parts > maxParts) return { message: `more than ${maxParts} keys, values, signs and lines` };
      return undefined;
    },
  };
}

/** A parsed text, or the bound that it exceeds, with its place. */
export type Bounded =
  | { readonly tokens: readonly CST.Token[] }
  | { readonly excess: Excess & { readonly offset: number } };

/** Parses a text within the bounds, without composing documents. */
export function parseBounded(text: string): Bounded {
  const parser = new Parser();
  const meter = createMeter();
  const tokens: CST.Token[] = [];
  let documents = 0;
  for (const lexeme of new Lexer().lex(text)) {
    meter.add(lexeme);
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'document') documents += 1;
    }
    const excess = meter.excess(parser, documents);
    if (excess) return { excess: { ...excess, offset: parser.offset } };
  }
  return { tokens: [...tokens, ...parser.end()] };
}

/** Composes documents. They have no warnings, and at most a thousand errors, as each needs a kilobyte. */
export function composeAll(
  tokens: Iterable<CST.Token>,
  options: ConstructorParameters<typeof Composer>[0],
): readonly Document.Parsed[] {
  const composer = new Composer(options);
  // The library has no limit of its own.
  const report: ComposeErrorHandler = composer['onError'];
  let left = maxErrors;
  composer['onError'] = ((source, code, message, isWarning) => {
    if (isWarning || left <= 0) return;
    left -= 1;
    report(source, code, message);
  }) satisfies ComposeErrorHandler;
  let leftOfParser = maxErrors;
  const isKept = ({ type }: CST.Token): boolean => {
    if (type === 'error') leftOfParser -= 1;
    return type !== 'error' || leftOfParser >= 0;
  };
  return [...composer.compose([...tokens].filter(isKept))];
}
