import { createReader, type Reader } from '../response-reader.ts';

/** The reader of GitLab's responses. */
export const read: Reader = createReader('GitLab');
