import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { OutputStream } from './io.ts';
import type { OutputOptions } from './options.ts';

/** Creates a logger on stderr. Every line is masked, and carries the ID of the run. */
export function createLogger(
  { logLevel, logFormat }: Pick<OutputOptions, 'logLevel' | 'logFormat'>,
  stderr: OutputStream,
  color: boolean,
  mask: (text: string) => string,
): Logger {
  const masked = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      stderr.write(mask(String(chunk)));
      done();
    },
  });
  const destination =
    logFormat === 'json'
      ? masked
      : pretty({
          destination: masked,
          colorize: color,
          ignore: 'run',
          messageFormat: '[{run}] {msg}',
          sync: true,
          translateTime: 'SYS:HH:MM:ss.l',
        });
  return pino({ level: logLevel, base: { run: randomUUID().slice(0, 8) } }, destination);
}
