import { resolve } from 'node:path';
import { type Appendable, openNamed } from '../wire/named-files.ts';
import type { Session } from './session.ts';

/** Appends a document to the summary of the step, where GitHub Actions has one. */
export async function appendStepSummary(session: Session, render: () => string): Promise<void> {
  await append(session, 'GITHUB_STEP_SUMMARY', () => `${render()}\n`);
}

/** Appends to the outputs of the step, where GitHub Actions takes some. Values are of one line. */
export async function appendOutputs(
  session: Session,
  outputs: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  await append(session, 'GITHUB_OUTPUT', () => lines.join(''));
}

/** Appends to the file that a variable names. That it can't is no reason to end a run that may have written. */
async function append({ io, tell }: Session, variable: string, text: () => string): Promise<void> {
  const path = io.env[variable];
  if (!path) return;
  const failed = (error: unknown, severity: 'error' | 'warning'): void => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    tell(
      {
        code: 'USAGE',
        message: `${path} can't be appended to: ${code}`,
        hint: `${variable} names it; set it to a file that can be written, or to nothing`,
      },
      severity,
    );
  };
  let file: Appendable;
  try {
    file = await openNamed(resolve(io.cwd, path), io.interrupt);
  } catch (error) {
    // A variable that names no file is a mistake of the set-up, and as a rule an old one.
    failed(error, 'warning');
    return;
  }
  try {
    await file.append(text());
  } catch (error) {
    failed(error, 'error');
    io.outputLost?.();
  }
}
