/** The schema of a text in a record. */
export const text = { type: 'string' } as const;

/** The schema of a list of texts in a record. */
export const texts = { type: 'array', items: text } as const;

/** The schema of a number in a record. Its limit is that of seconds since 1970: the end of the year 9999. */
export const number = { type: 'number', minimum: 0, maximum: 253_402_300_799 } as const;

/** Creates the schema of an object in a record. All these properties are required. */
export function record(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', required: Object.keys(properties), properties };
}
