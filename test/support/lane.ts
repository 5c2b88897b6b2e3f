import process from 'node:process';

/** Whether all tests are run, as by `npm run test:all`; else a part of them that takes a minute. */
export const isAllTests = process.env['LANE'] === 'all';

/** Returns a number of cases: all of them, or about every nth. */
export function share(count: number, nth: number): number {
  return isAllTests ? count : Math.ceil(count / nth);
}
