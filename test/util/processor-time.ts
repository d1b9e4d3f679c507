/** In every worker: tells the reporter what a test file took of the processors, with all processes that it awaited. */
import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** User and system time of this file's worker and of its children that have ended. */
    processorSeconds?: number;
  }
}

/** Ticks a second: sysconf(_SC_CLK_TCK), the same on all machines of Linux that we build for. */
const TICKS = 100;

function processorSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // proc(5): utime, stime, cutime and cstime are the 14th to the 17th; the second is a name that may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS;
}

const before = processorSeconds();
// vitest wants to see what of the context is used.
afterAll(({}, file) => {
  file.meta.processorSeconds = processorSeconds() - before;
});
