import { closest, distance } from 'fastest-levenshtein';

/** Maximum length of a word that is compared, in characters; no known one comes near it. */
const maxLength = 100;

/** The question for whoever has misspelt one of these words, `did you mean …?`; `undefined` where none is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > maxLength) return undefined;
  // Of equally near words one of the same length: letters were swapped rather than lost.
  const nearest = distance(word.toLowerCase(), closest(word.toLowerCase(), [...known]));
  const candidates = known.filter((other) => distance(word.toLowerCase(), other) === nearest);
  const near = candidates.find(({ length }) => length === word.length) ?? candidates[0] ?? '';
  return distance(word.toLowerCase(), near) <= Math.max(2, Math.floor(near.length / 3))
    ? `did you mean ${near}?`
    : undefined;
}
