import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { OutputStream } from './io.ts';

/**
 * Creates an output on a stream of the process. Writing to it never throws, and never blocks a run: after the first
 * failure nothing more is written, so that no text is printed with a gap.
 *
 * @param lost is called with the code of the first failure, unless the reader has only gone: that is not a failure
 * @param columns the variable COLUMNS, which gives the width if the stream is not a terminal
 */
export function createOutput(
  stream: NodeJS.WriteStream & { readonly fd: number },
  lost: (code: string) => void,
  columns: string | undefined,
): OutputStream {
  const { fd } = stream;
  let ended = false;
  const end = ({ code = 'EIO' }: NodeJS.ErrnoException): void => {
    if (!ended && !gone.has(code)) lost(code);
    ended = true;
  };
  // This also handles writes of readline to a terminal.
  stream.on('error', end);
  const send =
    stream instanceof Socket
      ? (text: string): void => {
          stream.write(text);
        }
      : (text: string): void => writeAll(fd, text);
  return {
    write(text) {
      if (ended) return;
      try {
        send(text);
      } catch (error) {
        end(error as NodeJS.ErrnoException);
      }
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? (Number(columns) || 100);
    },
  };
}

/** Codes with which the system reports that the reader has gone: `reconcile list | head` ends quietly. */
const gone = new Set(['EPIPE', 'ECONNRESET']);

/**
 * Writes to a file. Node's own stream takes a partial write for a complete one, and a disk that fills up writes
 * partially.
 */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
