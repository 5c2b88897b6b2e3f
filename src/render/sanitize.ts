import { escapeUnseen } from '../core/util/printable.ts';
import { textWidth } from './text-width.ts';

export { printable } from '../core/util/printable.ts';

/** Renders a JSON document, with escapes for invisible characters, and for text that a runner takes for a command. */
export function jsonText(document: unknown): string {
  return escapeUnseen(JSON.stringify(document, null, 2), '\n').replaceAll('##[', '#\\u0023[');
}

/** Breaks the lines of a text that are wider than this at spaces. The parts of a line are indented as it is. */
export function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (textWidth(line) <= width) return [line];
      const [indent = ''] = /^ */.exec(line) ?? [];
      return wrap(line.slice(indent.length), width - indent.length).map((part) => indent + part);
    })
    .join('\n');
}

/** Breaks a text at spaces into lines of at most this width; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
