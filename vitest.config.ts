import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // Left to itself Vitest uses one core less, which is half of a small machine.
    maxWorkers: '100%',
  },
});
