import { defineConfig } from 'vitest/config';

/** Tests that put something else in the place of a module, or of a global as msw does, need modules of their own. */
const apart = [
  'test/model/**/*.test.ts',
  'test/system/atomic-write.test.ts',
  'test/custody/sinks/read-only.test.ts',
  'test/http/client.test.ts',
];

const slow = 'test/**/*.slow.test.ts';

/** Tests of which `npm test` runs a part of the cases (`test/support/lane.ts`). */
const sampled = ['crash', 'model', 'property', 'vanish'].map((folder) => `test/${folder}/**/*.test.ts`);

// `npm test` is the quick lane: two minutes, and all that it needs comes with npm. `npm run test:all` is everything, and
// `npm run test:rest` is what `npm test` leaves out.
export default defineConfig(({ mode }) => {
  const isQuick = mode !== 'all' && mode !== 'rest';
  // How many seeds and kill points are tried depends on it. Set for each project: what they extend is read in another mode.
  const env = { LANE: isQuick ? 'quick' : 'all' };
  const include = mode === 'rest' ? [slow, ...sampled] : ['test/**/*.test.ts'];
  const exclude = isQuick ? [slow] : [];
  const isolated = mode === 'rest' ? apart.filter((pattern) => sampled.includes(pattern)) : apart;
  return {
    test: {
      // Ends what hangs. It says nothing of speed, as the machine may be busy with other work.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      // Left to itself Vitest uses one core less, which is half of a small machine.
      maxWorkers: '100%',
      projects: [
        { extends: true, test: { name: 'apart', env, include: isolated, exclude } },
        {
          extends: true,
          // To load all modules for each file takes longer than what is done with them.
          test: {
            name: 'together',
            env,
            include,
            exclude: [...apart, ...exclude],
            isolate: false,
          },
        },
      ],
    },
  };
});
