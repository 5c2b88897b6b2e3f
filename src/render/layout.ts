import { printable, wrap } from './sanitize.ts';
import { painter, type Style } from './style.ts';
import { textWidth } from './text-width.ts';

/** A text, and its coloured form. Colours have no width, so the plain one is measured. */
export interface StyledText {
  readonly plain: string;
  readonly painted: string;
}

/**
 * Aligns a dim text at the right end of a line. If there is no room for both, a terminal shows it at the right end of
 * the next line.
 */
export function alignRight({ plain, painted }: StyledText, right: string, style: Style): string {
  if (right === '') return painted;
  const { dim } = painter(style);
  const gap = style.width - textWidth(plain) - textWidth(right);
  if (gap >= 2 || !style.terminal) return `${painted}${' '.repeat(Math.max(2, gap))}${dim(right)}`;
  return `${painted}\n${' '.repeat(Math.max(0, style.width - textWidth(right)))}${dim(right)}`;
}

/** Returns lines of at most a width; the first begins with a painted text. */
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

/** Returns the lines of a hint, behind an arrow. */
export function hintLines(text: string, { width }: Style, indent: number): readonly string[] {
  return wrap(printable(text), width - indent - 2).map(
    (line, index) => `${' '.repeat(indent)}${index === 0 ? '→' : ' '} ${line}`,
  );
}
