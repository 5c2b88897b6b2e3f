import { close, constants, createReadStream, fstat, open, write } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const statusOf = promisify(fstat);

/** A signal that is never aborted. */
const never = new AbortController().signal;

/**
 * Reads a file that the user names, or a pipe such as a shell's `<(…)`; to its end, or a little past the limit. Waiting for
 * a pipe ends with the signal's reason, and doesn't keep the process alive. Throws errors of the file system: `EISDIR` for
 * a folder, `EINVAL` for a device.
 */
export async function readNamed(path: string, limit: number, signal: AbortSignal = never): Promise<Buffer> {
  signal.throwIfAborted();
  // Non-blocking, as a pipe without a writer would block a thread, and so the end of the process.
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return collect(await streamOf(fd), limit, signal);
}

/** Reads a stream to its end, or a little past a limit in bytes. Rejects with the signal's reason if that comes first. */
export async function collect(stream: Readable, limit: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > limit) break;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  return Buffer.concat(chunks);
}

async function streamOf(fd: number): Promise<Readable> {
  const status = await statusOf(fd);
  if (status.isFile()) return createReadStream('', { fd });
  if (status.isFIFO()) return new Socket({ fd, readable: true, writable: false });
  await closeFile(fd);
  throw status.isDirectory() ? failure('EISDIR') : failure('EINVAL');
}

/** A file that is open for appending. */
export interface Appendable {
  /** The size in bytes; 0 for a pipe or a device. */
  readonly size: number;
  /** Appends a text, and closes the file. */
  append(text: string): Promise<void>;
}

/** Opens a file, a device or a pipe that the environment names. Throws `ENXIO` for a pipe without a reader. */
export async function openNamed(path: string, signal: AbortSignal = never): Promise<Appendable> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const fd = await openFile(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
  const status = await statusOf(fd);
  const isPipe = status.isFIFO();
  const size = status.isFile() ? status.size : 0;
  return {
    size,
    append: (text) => (isPipe ? writePipe(fd, text, signal) : writeFile(fd, Buffer.from(text))),
  };
}

const writePart = promisify(write);

async function writeFile(fd: number, bytes: Buffer): Promise<void> {
  try {
    for (let written = 0; written < bytes.length; ) {
      written += (await writePart(fd, bytes, written)).bytesWritten;
    }
  } finally {
    await closeFile(fd);
  }
}

async function writePipe(fd: number, text: string, signal: AbortSignal): Promise<void> {
  const pipe = addAbortSignal(signal, new Socket({ fd, readable: false, writable: true }));
  await new Promise<void>((resolve, reject) => {
    pipe.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    pipe.end(text, resolve);
  });
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
