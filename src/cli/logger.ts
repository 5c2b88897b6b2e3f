import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import type { OutputStream } from './io.ts';
import type { OutputOptions } from './options.ts';

/** Creates a logger on stderr. Every line is masked, and carries the ID of the run. */
export function createLogger(
  { logLevel, logFormat }: Pick<OutputOptions, 'logLevel' | 'logFormat'>,
  stderr: OutputStream,
  mask: (text: string) => string,
): Logger {
  const format = logFormat === 'json' ? (line: string): string => line : plainLine;
  const destination = new Writable({
    decodeStrings: false,
    write(line, _encoding, done) {
      stderr.write(mask(format(String(line))));
      done();
    },
  });
  return pino({ level: logLevel, base: { run: randomUUID().slice(0, 8) } }, destination);
}

/** Formats a line of the log for people: time, level, run, message and the other members. */
function plainLine(json: string): string {
  const { time, level, run, msg, ...members } = JSON.parse(json);
  const clock = new Date(time).toISOString().slice(11, -1);
  const more = Object.entries(members).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${clock} ${String(pino.levels.labels[level]).toUpperCase()} [${run}] ${msg}${more.join('')}\n`;
}
