import { type Document, LineCounter, parseDocument } from 'yaml';
import { isCredential } from './credentials.ts';
import { readItem, readJsonText } from './json-text.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { offsetOf } from './node-offset.ts';
import { sourcesIn } from './sources.ts';
import { hasTooManyFaults, type ListItem, streamedKey, yamlOptions } from './stream.ts';

/** Minimum length of a JSON text that is read without the YAML parser, in characters. */
export const longJson = 8 * 1024;

/** Reads a manifest written as JSON; `undefined` if YAML must report its errors. */
export function readJsonDocument(
  file: string,
  text: string,
  isFaulty: (token: unknown) => boolean,
): ManifestDocument | undefined {
  const json = readJsonText(text, isCredential);
  if (!json) return undefined;
  const { value, items, rest, hidden } = json;
  const tokens = value[streamedKey];
  if (Array.isArray(tokens) && hasTooManyFaults(tokens, items, isFaulty)) return undefined;
  const lines = new LineCounter();
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at);
  const source = sourcesIn(file, text, lines);
  let whole: Document | undefined;
  let again: { readonly of: ListItem; readonly document: Document } | undefined;
  return {
    file,
    apiVersion: value['apiVersion'],
    empty: false,
    syntax: [],
    value: () => value,
    at: (path, what = 'value') => {
      const [list, index, ...within] = path;
      const item = list === streamedKey && typeof index === 'number' ? items[index] : undefined;
      if (!item) {
        whole ??= parseDocument(rest.text, yamlOptions);
        return source(rest.offsetOf(offsetOf(whole, path, what)), path, hidden);
      }
      if (within.length === 0) return source(item.offset, path, hidden);
      // Places in a token are usually looked up one after another.
      if (again?.of !== item) again = { of: item, document: readItem(text, item) };
      return source(item.start + offsetOf(again.document, within, what), path, hidden);
    },
  };
}
