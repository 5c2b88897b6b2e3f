import { printable } from './sanitize.ts';

/** A message that GitHub Actions shows beside a run, and at a line of a file if it belongs to one. */
export interface Annotation {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly lines: readonly string[];
  /** `file` is relative to the repository; line and column count from one. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Returns an annotation as the line that makes the runner show it. */
export function workflowCommand({ severity, title, lines, place }: Annotation): string {
  const properties = {
    ...(place && { file: place.file, line: place.line, col: place.column }),
    title,
  };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${property(`${value}`)}`);
  return `::${severity} ${written.join(',')}::${data(lines.map(printable).join('\n'))}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(printable(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
