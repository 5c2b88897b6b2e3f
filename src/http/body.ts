import { isObject, parseJson } from '../core/util/json.ts';

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

/**
 * Returns the server's error message in one line: the messages of IONOS (`messages[].message` with `errorCode`), the
 * `message`, `detail` or `text` of Docker Hub, or else the start of the response.
 */
export function errorText(
  text: string,
  contentType: string | null,
  { quote, mask }: Quoting = { quote: true, mask: (words) => words },
): string {
  const body = parseJson(text);
  const shortened = (words: string): string => cut(mask(startOf(words)) || '…');
  if (isObject(body)) {
    if (Array.isArray(body['messages'])) {
      const messages = body['messages'].filter(isObject).map(({ errorCode, message }) => {
        const words = typeof message === 'string' ? message : 'no message';
        return ['string', 'number'].includes(typeof errorCode) ? `${words} (${String(errorCode)})` : words;
      });
      if (messages.length > 0) return shortened(messages.join('; '));
    }
    for (const key of ['message', 'detail', 'text']) {
      const words = body[key];
      if (typeof words === 'string' && words !== '') {
        const more = ['errinfo', 'fields'].flatMap((name) =>
          isObject(body[name]) ? Object.keys(body[name]) : [],
        );
        return shortened(more.length > 0 ? `${words} (${more.join(', ')})` : words);
      }
    }
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
