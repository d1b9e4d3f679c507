import { commandLines } from '../../util/processes.js';

/** All command lines of this machine while `work` is done, read as fast as they can be. */
export async function commandLinesDuring(work: () => Promise<void>): Promise<string> {
  const over = new AbortController();
  const seen = new Set<string>();
  const watching = (async () => {
    while (!over.signal.aborted) for (const line of await commandLines()) seen.add(line);
  })();
  try {
    await work();
  } finally {
    over.abort();
    await watching;
  }
  return [...seen].join('\n');
}
