import { createHash } from 'node:crypto';

const stampLine = /^# Written by reconcile init; .* sha256:([0-9a-f]{64})\n?$/;

/** Adds a last line from which `unstamped` later tells that a file was not edited. */
export function stamped(text: string): string {
  return `${text}# Written by reconcile init; as long as it is not edited, init can extend it. sha256:${digestOf(text)}\n`;
}

/** Returns a stamped file without its stamp; `undefined` if it was edited since, or has no stamp. */
export function unstamped(file: string): string | undefined {
  // Git may have changed the line endings.
  const lines = file.replaceAll('\r\n', '\n').split(/(?<=\n)/);
  const text = lines.slice(0, -1).join('');
  return stampLine.exec(lines.at(-1) ?? '')?.[1] === digestOf(text) ? text : undefined;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
