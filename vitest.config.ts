import { defineConfig } from 'vitest/config';

/** Tests that put something else in the place of a module need modules of their own. */
const apart = ['test/model/**/*.test.ts', 'test/custody/{atomic,read-only}.test.ts'];

export default defineConfig({
  test: {
    // Ends what hangs. It says nothing of speed, as the machine may be busy with other work.
    testTimeout: 300_000,
    // Left to itself Vitest uses one core less, which is half of a small machine.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'apart', include: apart } },
      {
        extends: true,
        // To load all modules for each file takes longer than what is done with them.
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: apart, isolate: false },
      },
    ],
  },
});
