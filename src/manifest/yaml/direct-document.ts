import { type Document, parseDocument } from 'yaml';
import { isCredential } from './credentials.ts';
import type { DirectText } from './direct-text.ts';
import { readJsonText } from './json-text.ts';
import { linesOf } from './lines.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { offsetOf } from './node-offset.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { sourcesIn } from './sources.ts';
import { hasTooManyFaults, type ListItem, longText, streamedKey, yamlOptions } from './stream.ts';

/** Minimum length of a JSON text that is read without the YAML parser, in characters. */
const longJson = 8 * 1024;

/**
 * Reads a manifest without the YAML parser: one written as JSON, or in the plain style of most manifests. Returns
 * `undefined` if the YAML parser must read it, or report its errors.
 *
 * @param long minimum length of JSON, in characters, if it isn't the usual one; YAML is then left to the parser
 */
export function readDirectDocument(
  file: string,
  text: string,
  isFaulty: (token: unknown) => boolean,
  long?: number,
): ManifestDocument | undefined {
  const json = text.length < (long ?? longJson) ? undefined : readJsonText(text, isCredential);
  const read = json ?? (long === undefined ? readPlainYaml(text, isCredential) : undefined);
  if (!read) return undefined;
  const tokens = read.value[streamedKey];
  const isChecked = json !== undefined || text.length >= longText;
  if (isChecked && Array.isArray(tokens) && hasTooManyFaults(tokens, read.items, isFaulty)) return undefined;
  return documentOf(file, text, read);
}

function documentOf(file: string, text: string, read: DirectText): ManifestDocument {
  const { value, items, rest, hidden, itemPath } = read;
  let source: ReturnType<typeof sourcesIn> | undefined;
  let whole: Document | undefined;
  let again: { readonly of: ListItem; readonly document: Document } | undefined;
  return {
    file,
    apiVersion: value['apiVersion'],
    empty: false,
    syntax: [],
    value: () => value,
    at: (path, what = 'value') => {
      source ??= sourcesIn(file, text, linesOf(text));
      const [list, index, ...within] = path;
      const item = list === streamedKey && typeof index === 'number' ? items[index] : undefined;
      if (!item) {
        whole ??= parseDocument(rest.text, yamlOptions);
        return source(rest.offsetOf(offsetOf(whole, path, what)), path, hidden);
      }
      if (within.length === 0) return source(item.offset, path, hidden);
      // Places in a token are usually looked up one after another.
      if (again?.of !== item) {
        again = { of: item, document: parseDocument(text.slice(item.start, item.end), yamlOptions) };
      }
      return source(item.start + offsetOf(again.document, [...itemPath, ...within], what), path, hidden);
    },
  };
}
