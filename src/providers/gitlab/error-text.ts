import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';

/**
 * Returns the message of an error response: `message` as a text or by field, or else `error` with its description. See
 * docs/services/gitlab.md, Errors.
 */
export function gitlabErrorText({
  message,
  error,
  error_description: description,
}: JsonObject): string | undefined {
  const texts = textsIn(message);
  if (texts.length > 0) return texts.join('; ');
  const words = [error, description].filter((text) => typeof text === 'string' && text !== '');
  return words.length > 0 ? words.join(': ') : undefined;
}

function textsIn(message: Json | undefined): readonly string[] {
  if (typeof message === 'string') return message === '' ? [] : [message];
  if (Array.isArray(message)) return message.flatMap(textsIn);
  if (!isObject(message)) return [];
  return Object.entries(message).flatMap(([field, inner]) => {
    const texts = textsIn(inner).join(', ');
    if (texts === '') return [];
    // `base` stands for the whole object.
    return [field === 'base' ? texts : `${field}: ${texts}`];
  });
}
