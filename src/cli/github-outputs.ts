import { resolve } from 'node:path';
import { type Appendable, openNamed } from '../system/named-files.ts';
import type { Session } from './session.ts';

/** Appends a document to the summary of the step, if GitHub Actions has one. */
export async function appendStepSummary(session: Session, render: () => string): Promise<void> {
  await append(session, 'GITHUB_STEP_SUMMARY', (size) => fitting(`${render()}\n`, maxSummaryBytes - size));
}

/** Maximum size of a step summary: GitHub drops a larger one whole, that of other commands included. */
const maxSummaryBytes = 1024 * 1024;

const leftOut = '\n_The rest was left out: a step summary is limited to 1 MiB._\n';

/**
 * Returns the whole lines of a Markdown document that fit; empty if there is no room even for a notice that it was
 * cut.
 */
function fitting(text: string, room: number): string {
  if (Buffer.byteLength(text) <= room) return text;
  let kept = '';
  let bytes = Buffer.byteLength(leftOut);
  let whole = '';
  let open = 0;
  for (const line of text.split(/(?<=\n)/)) {
    bytes += Buffer.byteLength(line);
    if (bytes > room) break;
    kept += line;
    open += (line.match(/<details>/g)?.length ?? 0) - (line.match(/<\/details>/g)?.length ?? 0);
    // A folded section is shown whole or not at all.
    if (open === 0) whole = kept;
  }
  return whole === '' ? '' : `${whole}${leftOut}`;
}

/** Appends to the outputs of the step, if it is run by GitHub Actions. Values have one line. */
export async function appendOutputs(
  session: Session,
  outputs: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  await append(session, 'GITHUB_OUTPUT', () => lines.join(''));
}

/** Appends to the file that a variable names. A failure doesn't end the run, which may have written already. */
async function append(
  { io, report }: Session,
  variable: string,
  text: (size: number) => string,
): Promise<void> {
  const path = io.env[variable];
  if (!path) return;
  const failed = (error: unknown, severity: 'error' | 'warning'): void => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    report(
      {
        code: 'USAGE',
        message: `can't append to ${path}: ${code}`,
        hint: `set ${variable} to a writable file, or unset it`,
      },
      severity,
    );
  };
  let file: Appendable;
  try {
    file = await openNamed(resolve(io.cwd, path), io.interrupt);
  } catch (error) {
    // A variable that names no file is a mistake in the setup, and usually an old one.
    failed(error, 'warning');
    return;
  }
  try {
    await file.append(text(file.size));
  } catch (error) {
    failed(error, 'error');
    io.outputLost?.();
  }
}
