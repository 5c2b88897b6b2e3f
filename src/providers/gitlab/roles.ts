/** The numbers of the roles: docs/services/gitlab.md, Access tokens. */
const numbers: Readonly<Record<string, number>> = {
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

/** Returns the role of an access level, or the level itself if it is unknown. */
export function roleOf(number: number): string {
  return Object.keys(numbers).find((role) => numbers[role] === number) ?? String(number);
}

/** Returns the access level of a role, or of the number of an unknown one. */
export function numberOf(role: string): number {
  return numbers[role] ?? Number(role);
}
