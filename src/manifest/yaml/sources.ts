import type { SourceLocation } from '../../core/model/errors.ts';
import { declaresApiVersion } from './detect.ts';
import { excerpt, type Range } from './excerpt.ts';
import type { Lines } from './lines.ts';
import { type Path, pathText } from './path.ts';

/** Returns a function that finds the places of a text, with an excerpt in which the ranges are blanked. */
export function sourcesIn(
  file: string,
  text: string,
  lines: Lines,
): (offset: number, path: Path, ...blanks: readonly (readonly Range[])[]) => SourceLocation {
  // A file that is not a manifest may be a link to any other: none of its content is shown.
  const isShown = declaresApiVersion(text);
  return (offset, path, ...blanks) => {
    const { line, col } = lines.linePos(offset);
    return {
      file,
      line,
      column: col,
      ...(path.length > 0 && { path: pathText(path) }),
      ...(isShown && {
        excerpt: excerpt(text, lines.lineStarts[line - 1] ?? 0, offset, blanks),
      }),
    };
  };
}
