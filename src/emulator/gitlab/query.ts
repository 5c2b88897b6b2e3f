import type { Context } from 'hono';
import { badParameter } from './errors.ts';

/** Returns a whole number of the query; `otherwise` if it is missing. Throws a 400 if it is not a number. */
export function integerQuery(context: Context, name: string, otherwise: number): number {
  const text = context.req.query(name) ?? '';
  if (text === '') return otherwise;
  if (!/^-?\d+$/.test(text)) throw badParameter(`${name} is invalid`);
  return Number(text);
}

/**
 * Returns a boolean of the query in any of GitLab's spellings; `undefined` if it is missing. Throws a 400 for other
 * words.
 */
export function booleanQuery(context: Context, name: string): boolean | undefined {
  const text = context.req.query(name) ?? '';
  if (text === '') return undefined;
  if (/^(true|t|1|yes|on)$/i.test(text)) return true;
  if (/^(false|f|0|no|off)$/i.test(text)) return false;
  throw badParameter(`${name} is invalid`);
}

/** Returns a word of the query; `undefined` if it is missing. Throws a 400 if it is not among the allowed ones. */
export function wordQuery<Word extends string>(
  context: Context,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const word = words.find((known) => known === text);
  if (word === undefined) throw badParameter(`${name} does not have a valid value`);
  return word;
}

/** Returns the token's ID in a path, without leading zeros. Throws a 400 if it is not a number. */
export function idIn(context: Context): string {
  const id = context.req.param('tokenId') ?? '';
  if (!/^\d+$/.test(id)) throw badParameter('token_id is invalid');
  return String(Number(id));
}
