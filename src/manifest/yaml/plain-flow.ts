import { keyAt, type PlainReader, plainValue, quotedAt, Unfamiliar } from './plain-scalar.ts';

const maxDepth = 20;
const maxEntries = 1000;

const flowScalar =
  /[\w./$](?:[!$-+\--9;-Z\\^-z|~]|:(?=[!-+\--Z\\^-z|~]))*(?: +(?:[!$-+\--9;-Z\\^-z|~]|:(?=[!-+\--Z\\^-z|~]))+)*/y;

/**
 * Reads a mapping or a list in brackets, on one line.
 *
 * @param isHidden true if it is itself the value of a hidden key
 */
export function readFlow(reader: PlainReader, depth: number, isHidden: boolean): unknown {
  if (depth > maxDepth) throw new Unfamiliar();
  const isMap = reader.text.charAt(reader.at) === '{';
  const end = isMap ? '}' : ']';
  const map: Record<string, unknown> = {};
  const list: unknown[] = [];
  reader.at += 1;
  skipSpaces(reader);
  if (reader.text.charAt(reader.at) === end) {
    reader.at += 1;
    return isMap ? map : list;
  }
  for (let entries = 1; entries <= maxEntries; entries += 1) {
    if (isMap) {
      const key = keyAt(reader);
      if (Object.hasOwn(map, key)) throw new Unfamiliar();
      const from = skipSpaces(reader);
      const hides = !isHidden && reader.isHidden(key);
      map[key] = valueAt(reader, depth, isHidden || hides);
      if (hides) reader.hidden.push([from, reader.at]);
    } else list.push(valueAt(reader, depth, isHidden));
    skipSpaces(reader);
    const next = reader.text.charAt(reader.at);
    reader.at += 1;
    if (next === end) return isMap ? map : list;
    if (next !== ',') throw new Unfamiliar();
    skipSpaces(reader);
  }
  throw new Unfamiliar();
}

function valueAt(reader: PlainReader, depth: number, isHidden: boolean): unknown {
  const first = reader.text.charAt(reader.at);
  if (first === '{' || first === '[') return readFlow(reader, depth + 1, isHidden);
  if (first === '"' || first === "'") return quotedAt(reader);
  flowScalar.lastIndex = reader.at;
  const [word] = flowScalar.exec(reader.text) ?? [];
  if (word === undefined) throw new Unfamiliar();
  reader.at = flowScalar.lastIndex;
  return plainValue(word);
}

function skipSpaces(reader: PlainReader): number {
  while (reader.text.charCodeAt(reader.at) === 32) reader.at += 1;
  return reader.at;
}
