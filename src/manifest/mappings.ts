import { type Document, isScalar, type Pair, visit, type YAMLMap, YAMLParseError } from 'yaml';

/** No manifest has a mapping of so many keys; what has is meant to take time. */
const maxKeys = 1000;

/**
 * Tells of each key that stands twice in a mapping, and of mappings with too many keys, as errors of the document. The
 * parser could do the first itself, and would compare each key with all before it.
 */
export function checkMappings(document: Document): void {
  visit(document, {
    Map: (_, map) => {
      const wrong = map.items.length > maxKeys ? tooMany(map) : repeated(map);
      document.errors.push(...wrong);
      return undefined;
    },
  });
}

function tooMany(map: YAMLMap): readonly YAMLParseError[] {
  return [problem(map.items[maxKeys], `a mapping may have ${maxKeys} keys; this one has more`)];
}

function repeated(map: YAMLMap): readonly YAMLParseError[] {
  const seen = new Set<unknown>();
  return map.items.flatMap((pair) => {
    if (!isScalar(pair.key)) return [];
    // As keys of an object, `1` and `"1"` are the same.
    const key = String(pair.key.value);
    if (seen.has(key)) return [problem(pair, 'Map keys must be unique')];
    seen.add(key);
    return [];
  });
}

function problem(pair: Pair | undefined, message: string): YAMLParseError {
  const [start, end] = (isScalar(pair?.key) && pair.key.range) || [0, 0];
  return new YAMLParseError([start, end], 'DUPLICATE_KEY', message);
}
