import { type Document, isMap, isScalar } from 'yaml';
import type { Problem } from '../../core/model/errors.ts';
import { isWithinBounds } from './aliases.ts';
import { credentialRanges } from './credentials.ts';
import { readDirectDocument } from './direct-document.ts';
import type { Range } from './excerpt.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { offsetOf } from './node-offset.ts';
import { sourcesIn } from './sources.ts';
import { type ListItem, readYaml, reparseItem, streamedKey } from './stream.ts';
import { syntaxWords, uptoReference } from './syntax.ts';

/** Maximum number of uses of an anchor, including those within content that other aliases repeat. */
const maxAliasCount = 10_000;

/** The remains of a token of a long manifest once it was parsed. */
interface ParsedItem {
  readonly item: ListItem;
  /** Its value, or the error that reading it threw. */
  readonly value: { readonly is: unknown } | { readonly thrown: unknown };
  readonly blanks: readonly Range[];
}

/** Options for reading a text. */
export interface Reading {
  /**
   * Minimum number of characters of a long text: YAML is read item by item, JSON without the YAML parser. If it is set, all
   * YAML is read by the parser, also in the plain style.
   */
  readonly long?: number;
  /**
   * Begins a document; returns a check of whether one of its tokens is faulty, whatever the rest of the document
   * says.
   */
  readonly faultCheck?: () => (token: unknown) => boolean;
}

/** Returns the documents of a YAML 1.2 text. If it is too large to be read, returns one document with the reason. */
export function parseDocuments(
  file: string,
  text: string,
  { long, faultCheck = () => () => false }: Reading = {},
): readonly ManifestDocument[] {
  const keptCheck = (): ((kept: ParsedItem) => boolean) => {
    const isFaulty = faultCheck();
    return ({ value }) => 'thrown' in value || isFaulty(value.is);
  };
  const direct = readDirectDocument(file, text, faultCheck(), long);
  if (direct) return [direct];
  const { documents, lines, refused } = readYaml(text, keep, keptCheck, long);
  const source = sourcesIn(file, text, lines);
  if (refused) {
    // The line may hold a credential: nothing was read that would tell.
    const { excerpt: _, ...place } = source(refused.offset, []);
    const problem: Problem = {
      code: 'MANIFEST_SYNTAX',
      message: refused.message,
      ...(refused.hint !== undefined && { hint: refused.hint }),
      source: place,
    };
    return [
      {
        file,
        apiVersion: undefined,
        empty: false,
        syntax: [problem],
        value: () => undefined,
        at: () => place,
      },
    ];
  }
  return documents.map(({ document, kept }) => {
    const common = credentialRanges(document);
    let every: readonly Range[] | undefined;
    const all = (): readonly Range[] => {
      every ??= kept.flatMap(({ blanks }) => blanks);
      return every;
    };
    let again: { readonly of: ParsedItem; readonly read: ReturnType<typeof reparseItem> } | undefined;
    return {
      file,
      apiVersion: isMap(document.contents) ? document.get('apiVersion') : undefined,
      empty: document.contents === null || (isScalar(document.contents) && document.contents.value === null),
      syntax: uptoReference(text, document.errors).map((error) => ({
        code: 'MANIFEST_SYNTAX',
        ...syntaxWords(text, error),
        source: source(error.pos[0], [], common),
      })),
      value: () => {
        const value = plain(document);
        return kept.length > 0 ? { ...(value as object), [streamedKey]: kept.map(readValue) } : value;
      },
      at: (path, what = 'value') => {
        const [list, index, ...rest] = path;
        const one = list === streamedKey && typeof index === 'number' ? kept[index] : undefined;
        if (!one) return source(offsetOf(document, path, what), path, common, all());
        if (rest.length === 0) return source(one.item.offset, path, common, one.blanks);
        // Places in a token are usually looked up one after another.
        if (again?.of !== one) again = { of: one, read: reparseItem(text, one.item) };
        const { document: own, base } = again.read;
        return source(base + offsetOf(own, [0, ...rest], what), path, common, one.blanks);
      },
    };
  });
}

function keep(document: Document, item: ListItem): ParsedItem {
  const common = { item, blanks: credentialRanges(document) };
  try {
    return { ...common, value: { is: plain(document) } };
  } catch (thrown) {
    return { ...common, value: { thrown } };
  }
}

/** Returns the value of a document. Throws `ReferenceError` if it is endless, or expands past the bounds. */
function plain(document: Document): unknown {
  if (!isWithinBounds(document)) throw new ReferenceError('it expands to too many values, or to none');
  return document.toJS({ maxAliasCount });
}

function readValue({ value }: ParsedItem): unknown {
  if ('thrown' in value) throw value.thrown;
  return value.is;
}
