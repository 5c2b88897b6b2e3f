import type { SinkFile } from './scenario.ts';

/** Returns a file with only the secret. */
export function raw(file: string): SinkFile {
  return { sink: `file:${file}`, file, read: async (text) => ({ password: text }) };
}

/** Returns a file with the secret and the ID of its token. */
export function json(file: string): SinkFile {
  return { sink: `file:${file}`, file, read: async (text) => JSON.parse(text) };
}
