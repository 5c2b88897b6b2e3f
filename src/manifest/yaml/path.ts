/** A path in a document: keys and indexes. */
export type Path = readonly (string | number)[];

/** Returns a path in readable form: `tokens[0].scopes[1].name`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
