import process from 'node:process';

/** True in `npm run test:all`; false in `npm test`, which runs a part of the cases. */
export const isAllTests = process.env['LANE'] === 'all';

/** Returns a number of cases: all of them, or about every nth. */
export function share(count: number, nth: number): number {
  return isAllTests ? count : Math.ceil(count / nth);
}
