import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Output } from './io.ts';
import type { OutputOptions } from './options.ts';

/** A logger on stderr; every line is masked. */
export function createLogger(
  { logLevel, logFormat }: Pick<OutputOptions, 'logLevel' | 'logFormat'>,
  stderr: Output,
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
          ignore: 'pid,hostname',
          sync: true,
          translateTime: 'SYS:HH:MM:ss.l',
        });
  return pino({ level: logLevel, base: null }, destination);
}
