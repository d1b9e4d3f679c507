import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Three projects, one after the other: pure tests, tests that use the host's real tools, and tests that build and boot,
 * which look at all processes of the host and so run alone.
 */
export default defineConfig({
  test: {
    // One less is the default, which leaves the second of two processors idle.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'fast',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts', 'test/e2e/**'],
        },
      },
      {
        test: {
          name: 'real',
          sequence: { groupOrder: 1 },
          globalSetup: 'test/util/global-setup.ts',
          setupFiles: 'test/util/processor-time.ts',
          include: ['test/**/*.real.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          globalSetup: 'test/util/global-setup.ts',
          setupFiles: 'test/util/processor-time.ts',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
