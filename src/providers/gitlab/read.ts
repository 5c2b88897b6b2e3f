import { createResponseReader, type ResponseReader } from '../response-reader.ts';

/** The reader of GitLab's responses. */
export const read: ResponseReader = createResponseReader('GitLab');
