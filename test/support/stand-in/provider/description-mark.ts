/** The mark of a create at the end of a description, on a line of its own. */
const markAtEnd = /(?:^|\n)(reconcile\/\S+ \(\S+\))$/;

/** A description in its two parts. */
export interface MarkedDescription {
  readonly text: string;
  /** The mark; `null` if there is none. */
  readonly mark: string | null;
}

/** Splits a description into its text and its mark. */
export function splitDescription(description: string): MarkedDescription {
  const found = markAtEnd.exec(description);
  return { text: description.slice(0, found?.index), mark: found?.[1] ?? null };
}

/** Joins a text and a mark. */
export function joinDescription({ text, mark }: MarkedDescription): string {
  return [text, mark].filter((part) => part !== '' && part !== null).join('\n');
}
