import { isObject, type JsonObject, parseJson } from '../core/util/json.ts';

/** The part of a response's headers that is used here. */
export type ResponseHeaders = Pick<Headers, 'get'>;

/** Maximum size of a response, in bytes. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** Returns the whole text of a response; `undefined` if it is larger than the limit. */
export async function readText(
  { body }: { readonly body: AsyncIterable<Uint8Array> | null },
  limit = maxBodyBytes,
): Promise<string | undefined> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limit) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The rules for quoting the text of a response. */
export interface Quoting {
  /** Allows a response of unknown shape to be quoted. False if it can hold a new secret. */
  readonly quote: boolean;
  /** Masks secrets before a text is cut, as half of a secret is no longer recognised. */
  readonly mask: (text: string) => string;
}

/** Returns the message of a service's error response; `undefined` if the body has none of its forms. */
export type ReadErrorText = (body: JsonObject) => string | undefined;

/**
 * Returns the server's error message in one line: in the service's own form, or a `message` or `detail`, or else the start
 * of the response.
 */
export function errorText(
  text: string,
  contentType: string | null,
  readOwn: ReadErrorText,
  { quote, mask }: Quoting = { quote: true, mask: (words) => words },
): string {
  const body = parseJson(text);
  const shortened = (words: string): string => cut(mask(startOf(words)) || '…');
  if (isObject(body)) {
    const words = [readOwn(body), body['message'], body['detail']].find(
      (one) => typeof one === 'string' && one !== '',
    );
    if (typeof words === 'string') return shortened(words);
  }
  if (quote && text.trim() === '') return 'the response is empty';
  const start = quote ? mask(startOf(text)).replace(/\s+/g, ' ').trim().slice(0, 120) : '';
  if (start === '') return `${contentType ?? 'no content type'}, ${text.length} characters`;
  return `${contentType ?? 'no content type'}: ${start}`;
}

/** Maximum length of a text that is searched for secrets, in characters. */
const maxSearched = 64 * 1024;

/** Returns the start of a text, up to a space: half of a secret would not be recognised. */
function startOf(text: string): string {
  return text.length > maxSearched ? text.slice(0, text.lastIndexOf(' ', maxSearched) + 1) : text;
}

/** Limits the length of a server's message, which can be arbitrarily long. */
function cut(words: string): string {
  return words.length > 500 ? `${words.slice(0, 499)}…` : words;
}
