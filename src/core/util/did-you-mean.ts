import { closest, distance } from 'fastest-levenshtein';

/** Maximum length of a word that is compared, in characters. All known words are much shorter. */
const maxLength = 100;

/** Returns the question `did you mean …?` for a misspelt word; `undefined` if no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > maxLength) return undefined;
  // Prefers a word of the same length among equally near ones, as swapped letters are likelier than lost ones.
  const nearest = distance(word.toLowerCase(), closest(word.toLowerCase(), [...known]));
  const candidates = known.filter((other) => distance(word.toLowerCase(), other) === nearest);
  const near = candidates.find(({ length }) => length === word.length) ?? candidates[0] ?? '';
  // Short words have little in common with others.
  const most = Math.min(Math.max(2, Math.floor(near.length / 3)), word.length - 1);
  return distance(word.toLowerCase(), near) <= most ? `did you mean ${near}?` : undefined;
}
