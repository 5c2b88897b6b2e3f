import { shown } from '../core/model/secret.ts';
import { isObject, type Json } from '../core/util/json.ts';

/** Minimum length of a text that could be the secret of a token. */
const minLength = 16;

/** Punctuation around a word. */
const around = new Set('"\'`()[]{}<>,.;:?');

/** Separators between the words of `name=value` and of JSON without spaces. */
const between = /["'`()[\]{}<>,;:=&?|]+/;

/**
 * Masks each word that could be the secret of a token: 16 characters or more, with letters and digits, and not in the
 * request. Used for the response to a create, which can hold a secret that only the service knows.
 * @param requested the words of the request: see `wordsOf`
 */
export function maskPossibleSecrets(text: string, requested: ReadonlySet<string>): string {
  return text.replace(/\S+/g, (word) => (isHarmless(word, requested) ? word : shown));
}

/** Returns the words of a request: of its path, and of all texts and keys in its body. */
export function wordsOf({ path, body = null }: { readonly path: string; readonly body?: Json }): Set<string> {
  const words = new Set<string>();
  const add = (text: string): void => {
    for (const word of text.split(/\s+/)) words.add(word).add(trimmed(word));
  };
  const collect = (value: Json): void => {
    if (typeof value === 'string') add(value);
    else if (Array.isArray(value)) value.forEach(collect);
    else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        add(key);
        collect(member);
      }
    }
  };
  add(path);
  for (const segment of path.split('/')) add(segment);
  collect(body);
  return words;
}

function isHarmless(word: string, requested: ReadonlySet<string>): boolean {
  const core = trimmed(word);
  const value = trimmed(core.replace(/^[\p{L}_.-]+["']?[=:]/u, ''));
  if (!couldBeSecret(core) || requested.has(core) || requested.has(value)) return true;
  // Parts without digits are labels of the others, as in `name=ci-2026`. With digits they could be pieces of a secret.
  const parts = core.split(between).filter((part) => requested.has(part) || /\p{N}/u.test(part));
  return parts.length > 0 && parts.every((part) => requested.has(part));
}

function couldBeSecret(word: string): boolean {
  return word.length >= minLength && /\p{L}/u.test(word) && /\p{N}/u.test(word);
}

/** Returns a word without the punctuation around it. A pattern would take quadratic time for a hostile text. */
function trimmed(word: string): string {
  let start = 0;
  let end = word.length;
  while (start < end && around.has(word.charAt(start))) start += 1;
  while (end > start && around.has(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
}
