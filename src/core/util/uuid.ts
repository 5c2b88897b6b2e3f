/** The form of a UUID, in either case. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Tells whether a text is a UUID, in either case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
