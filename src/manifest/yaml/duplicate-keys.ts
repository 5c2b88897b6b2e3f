import { type Document, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap, YAMLParseError } from 'yaml';

/** Maximum number of keys of a mapping. No manifest has more; a text with more is intended to take time. */
const maxKeys = 1000;

/** Maximum length of a key, in characters. */
const maxKeyLength = 256;

/** Maximum number of errors recorded per document. */
const maxErrors = 1000;

/**
 * Reports each repeated key of a mapping, and mappings with too many keys, as errors of the document. The parser
 * could find repeated keys itself, but compares each key with all before it.
 */
export function checkDuplicateKeys(document: Document): void {
  // Walks by hand: the visitor of the library takes a tenth of the time that reading does.
  const check = (node: unknown): void => {
    if (isScalar(node) || document.errors.length > maxErrors) return;
    if (isPair(node)) {
      check(node.key);
      check(node.value);
      return;
    }
    if (isMap(node)) document.errors.push(...(node.items.length > maxKeys ? tooMany(node) : repeated(node)));
    if (isMap(node) || isSeq(node)) for (const item of node.items) check(item);
  };
  check(document.contents);
}

function tooMany(map: YAMLMap): readonly YAMLParseError[] {
  return [problem(map.items[maxKeys], `a mapping can have at most ${maxKeys} keys`)];
}

function repeated(map: YAMLMap): readonly YAMLParseError[] {
  const seen = new Set<string>();
  const wrong: YAMLParseError[] = [];
  for (const pair of map.items) {
    if (!isScalar(pair.key)) continue;
    // As keys of an object, `1` and `"1"` are the same.
    const key = String(pair.key.value);
    if (key.length > maxKeyLength) {
      wrong.push(problem(pair, `a key can have at most ${maxKeyLength} characters`));
      continue;
    }
    if (seen.has(key)) wrong.push(problem(pair, 'Map keys must be unique'));
    seen.add(key);
  }
  return wrong;
}

function problem(pair: Pair | undefined, message: string): YAMLParseError {
  const [start, end] = (isScalar(pair?.key) && pair.key.range) || [0, 0];
  return new YAMLParseError([start, end], 'DUPLICATE_KEY', message);
}
