import { BadRequest } from './check.ts';

/** The JSON body of a request. */
export async function jsonBody(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new BadRequest('invalid-json', 'the body is no JSON');
  }
}

/** A whole number from the query. */
export function numberQuery(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d+$/.test(text)) throw new BadRequest('invalid-query', 'expected a whole number');
  return Number(text);
}
