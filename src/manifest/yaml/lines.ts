/** The lines of a text, which end with a line feed: the part of `LineCounter` of the YAML library that places need. */
export interface Lines {
  /** The offset of the beginning of each line. */
  readonly lineStarts: readonly number[];
  /** Returns the place of an offset; the first line and the first column are 1. */
  linePos(offset: number): { readonly line: number; readonly col: number };
}

/** Finds the lines of a text. The YAML library, which can do so too, takes longer to load than to read most manifests. */
export function linesOf(text: string): Lines {
  const lineStarts: number[] = [];
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lineStarts.push(at);
  return {
    lineStarts,
    linePos: (offset) => {
      let line = 0;
      let after = lineStarts.length;
      while (after - line > 1) {
        const middle = (line + after) >> 1;
        if ((lineStarts[middle] ?? 0) <= offset) line = middle;
        else after = middle;
      }
      return { line: line + 1, col: offset - (lineStarts[line] ?? 0) + 1 };
    },
  };
}
