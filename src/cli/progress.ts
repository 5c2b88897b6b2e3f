import type { Result } from '../core/model.ts';
import type { Output } from './io.ts';
import type { OutputOptions } from './options.ts';

/** Shows how far an apply has come. */
export interface Progress {
  done(result: Result): void;
  end(): void;
}

/** One line on a terminal, written over and over; nothing elsewhere. */
export function createProgress(
  stderr: Output,
  { quiet, progress }: Pick<OutputOptions, 'quiet' | 'progress'>,
  total: number,
): Progress {
  if (quiet || !progress || !stderr.isTTY || total === 0)
    return { done: () => undefined, end: () => undefined };
  let finished = 0;
  let failed = 0;
  const show = (): void => {
    stderr.write(`\r\u001b[K${finished} of ${total} done${failed > 0 ? `, ${failed} failed` : ''}`);
  };
  show();
  return {
    done: ({ status }) => {
      finished += 1;
      if (status === 'failed') failed += 1;
      show();
    },
    end: () => stderr.write('\r\u001b[K'),
  };
}
