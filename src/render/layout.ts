import { printable, wrap } from './sanitize.ts';
import { painter, type Style } from './style.ts';

/** A text, and how it is printed in colours, which take no place: it is the plain one that is measured. */
export interface StyledText {
  readonly plain: string;
  readonly painted: string;
}

/**
 * A line with something dim at its right end. Where there is no room for both, a terminal shows it at the right end of
 * the next line.
 */
export function alignRight({ plain, painted }: StyledText, right: string, style: Style): string {
  if (right === '') return painted;
  const { dim } = painter(style);
  const gap = style.width - plain.length - right.length;
  if (gap >= 2 || !style.terminal) return `${painted}${' '.repeat(Math.max(2, gap))}${dim(right)}`;
  return `${painted}\n${' '.repeat(Math.max(0, style.width - right.length))}${dim(right)}`;
}

/** Lines of at most a width, of which the first begins with something painted. */
export function hangingIndent(
  { plain, painted }: StyledText,
  text: string,
  { width }: Style,
  indent: number,
): readonly string[] {
  return wrap(`${plain} ${text}`, width - indent).map((line, index) => {
    if (index > 0) return ' '.repeat(indent) + line;
    return line.startsWith(plain) ? painted + line.slice(plain.length) : line;
  });
}

/** What to do, behind an arrow. */
export function hintLines(text: string, { width }: Style, indent: number): readonly string[] {
  return wrap(printable(text), width - indent - 2).map(
    (line, index) => `${' '.repeat(indent)}${index === 0 ? '→' : ' '} ${line}`,
  );
}
