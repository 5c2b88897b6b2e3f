import { defineConfig } from 'vitest/config';

/** Tests that put something else in the place of a module, or of a global as msw does, need modules of their own. */
const apart = [
  'test/model/**/*.test.ts',
  'test/system/atomic-write.test.ts',
  'test/custody/sinks/read-only.test.ts',
  'test/http/client.test.ts',
];

// `npm test` is the quick lane: a minute, and all that it needs comes with npm. `npm run test:all` is everything.
export default defineConfig(({ mode }) => {
  const isAll = mode === 'all';
  // How many seeds and kill points are tried depends on it. Set for each project: what they extend is read in another mode.
  const env = { LANE: isAll ? 'all' : 'quick' };
  const slow = isAll ? [] : ['test/**/*.slow.test.ts'];
  return {
    test: {
      // Ends what hangs. It says nothing of speed, as the machine may be busy with other work.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      // Left to itself Vitest uses one core less, which is half of a small machine.
      maxWorkers: '100%',
      projects: [
        { extends: true, test: { name: 'apart', env, include: apart, exclude: slow } },
        {
          extends: true,
          // To load all modules for each file takes longer than what is done with them.
          test: {
            name: 'together',
            env,
            include: ['test/**/*.test.ts'],
            exclude: [...apart, ...slow],
            isolate: false,
          },
        },
      ],
    },
  };
});
