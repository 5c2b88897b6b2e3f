import process from 'node:process';

/**
 * False in `npm test`, which runs a part of the cases. A test that asks lies in one of the folders that `vitest.config.ts`
 * runs again in `npm run test:rest`.
 */
export const isAllTests = process.env['LANE'] === 'all';

/** Returns a number of cases: all of them, or about every nth. */
export function share(count: number, nth: number): number {
  return isAllTests ? count : Math.ceil(count / nth);
}
