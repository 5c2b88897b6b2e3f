import type { ListItem } from './stream.ts';

/** A manifest that was read without the YAML parser, with the places of its tokens. */
export interface DirectText {
  readonly value: Readonly<Record<string, unknown>>;
  /** The tokens in order; empty if there is no list of them. */
  readonly items: readonly ListItem[];
  /** The text without most items of the list of tokens, and the mapping of its offsets to the original text. */
  readonly rest: { readonly text: string; readonly offsetOf: (offset: number) => number };
  /** The places of the values of keys that `isHidden` names, in order. */
  readonly hidden: readonly (readonly [from: number, to: number])[];
  /** The path, in the text of an item, of the item. */
  readonly itemPath: readonly number[];
}

/** Returns a text without the part between two offsets. */
export function withoutPart(text: string, from: number, to: number): DirectText['rest'] {
  return {
    text: text.slice(0, from) + text.slice(to),
    offsetOf: (offset) => (offset < from ? offset : offset + to - from),
  };
}
