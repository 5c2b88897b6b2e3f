import type { SinkFile } from './scenario.ts';

/** A file that holds nothing but the secret. */
export function raw(file: string): SinkFile {
  return { sink: `file:${file}`, file, read: async (text) => ({ password: text }) };
}

/** A file that also tells whose secret it holds. */
export function json(file: string): SinkFile {
  return { sink: `file:${file}`, file, read: async (text) => JSON.parse(text) };
}
