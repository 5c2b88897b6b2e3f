/** The separator of a project and a robot's short name in a full name, which no short name holds. */
const separator = '+';

/** Returns the short name in the full name of a project's robot, whatever its prefix: docs/services/harbor.md, Names. */
export function shortNameIn(fullName: string, project: string): string | undefined {
  const start = lastStart(fullName, project);
  return start < 0 ? undefined : fullName.slice(start + project.length + separator.length);
}

/** Returns the prefix of the full name of a project's robot; `undefined` if it isn't such a name. */
export function prefixIn(fullName: string, project: string): string | undefined {
  const start = lastStart(fullName, project);
  return start < 0 ? undefined : fullName.slice(0, start);
}

/** Returns the position of the project in a full name. The last one counts, as a prefix can hold the separator too. */
function lastStart(fullName: string, project: string): number {
  return fullName.lastIndexOf(`${project}${separator}`);
}

/** Returns the short name in the full name of a robot of the system; `undefined` if it has another prefix. */
export function withoutPrefix(fullName: string, prefix: string): string | undefined {
  return fullName.startsWith(prefix) ? fullName.slice(prefix.length) : undefined;
}

/** A short name that the API accepts: docs/services/harbor.md, Names. */
export const shortNamePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Returns the possible short names in the full name of a robot of the system. Those after a separator come first. */
export function possibleShortNames(fullName: string): readonly string[] {
  const starts = Array.from({ length: fullName.length - 1 }, (_, index) => index + 1);
  const isSeparated = (start: number): boolean => /[^a-z0-9]/i.test(fullName.charAt(start - 1));
  return [...starts.filter(isSeparated), ...starts.filter((start) => !isSeparated(start))]
    .map((start) => fullName.slice(start))
    .filter((name) => shortNamePattern.test(name));
}
