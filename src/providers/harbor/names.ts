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
