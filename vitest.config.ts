import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig } from 'vitest/config';
import SlowFirst from './test/util/slow-first.js';

/** What `npm run test:all` runs alone: QEMU’s board needs ten minutes of a processor for one boot, where a PC needs one. */
const BY_THE_HOUR: readonly string[] = ['test/e2e/raspberry-pi.test.ts'];

/**
 * Three projects: pure tests, which are over quickly; then side by side tests that use the host's real tools, and tests
 * that build and boot. What several files look at, such as processes, mounts and folders, each knows by names of its own.
 * Tests may take many times what they need: on a machine that is busy with other things they are slow, and not wrong.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    // One less is the default, which leaves the second of two processors idle.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'fast',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts', 'test/e2e/**'],
          testTimeout: 60_000,
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
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 1 },
          globalSetup: 'test/util/global-setup.ts',
          setupFiles: 'test/util/processor-time.ts',
          include: ['test/e2e/**/*.test.ts'],
          exclude: process.env['LUNSMITH_CELLS'] === 'all' ? [] : [...BY_THE_HOUR],
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
        },
      },
    ],
  },
});
