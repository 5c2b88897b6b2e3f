import { Document, isScalar, visit } from 'yaml';
import type { JsonObject } from '../core/util/json.ts';
import { printable, wrap } from './sanitize.ts';
import type { Style } from './style.ts';

/** An entry of a manifest to write. */
export interface ManifestEntry {
  readonly values: JsonObject;
  /** True if it is only shown, as a comment. */
  readonly excluded: boolean;
  /** The comments above it. */
  readonly comments: readonly string[];
}

/** A manifest to write. */
export interface ManifestText {
  /** The comment at its top; each item is a paragraph. */
  readonly head: readonly string[];
  readonly defaults: Readonly<Record<string, JsonObject>>;
  readonly entries: readonly ManifestEntry[];
}

/** Maximum width of the text of a comment in a file, in cells. */
const fileWidth = 100;

/**
 * Renders a manifest as YAML 1.2, for reading and for review. On a terminal, comments are as wide as it is.
 */
export function renderManifest(
  { head, defaults, entries }: ManifestText,
  style?: Pick<Style, 'terminal' | 'width'>,
): string {
  const width = style?.terminal ? style.width : undefined;
  return [
    ...head.flatMap((text, index) => [...(index > 0 ? ['#'] : []), ...comment(text, '', width)]),
    'apiVersion: reconcile/v1',
    ...(Object.keys(defaults).length > 0 ? yamlLines({ defaults }) : []),
    entries.some(({ excluded }) => !excluded) ? 'tokens:' : 'tokens: []',
    ...entries.flatMap((entry, index) => [...(index > 0 ? [''] : []), ...entryLines(entry, width)]),
    '',
  ].join('\n');
}

const indent = '  ';

function entryLines(
  { values, excluded, comments }: ManifestEntry,
  width: number | undefined,
): readonly string[] {
  const [, ...lines] = yamlLines({ tokens: [values] });
  return [
    ...comments.flatMap((text) => comment(text, indent, width)),
    ...lines.map((line) => (excluded ? `${indent}# ${line.slice(indent.length)}` : line)),
  ];
}

/** Renders one paragraph as a comment that nothing in it can end. */
function comment(text: string, before: string, width: number | undefined): readonly string[] {
  return wrap(printable(text), width === undefined ? fileWidth : width - before.length - '# '.length).map(
    (line) => `${before}# ${line}`,
  );
}

/**
 * Returns the lines of a value. Unsafe characters are escaped: texts with any are put in double quotes, whose escapes
 * are those of `printable`.
 */
function yamlLines(value: JsonObject): readonly string[] {
  const document = new Document(value, { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => {
      const { value: text } = scalar;
      if (typeof text === 'string' && printable(text) !== text) scalar.type = 'QUOTE_DOUBLE';
    },
    Seq: (_, list) => {
      // A list of scalars takes one line; any other list, one line per item.
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  const text = document.toString({
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
    flowCollectionPadding: false,
  });
  return text.trimEnd().split('\n').map(printable);
}
