/** The numbers of the roles: docs/services/gitlab.md, Access tokens. */
const numbers: Readonly<Record<string, number>> = {
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

/** Returns the role of a number; an unknown number as it is. */
export function roleOf(number: number): string {
  return Object.keys(numbers).find((role) => numbers[role] === number) ?? String(number);
}

/** Returns the number of a role. */
export function numberOf(role: string): number {
  return numbers[role] ?? Number(role);
}
