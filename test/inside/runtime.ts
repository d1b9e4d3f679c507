/** Runs inside the sandbox for the test of the gate's folder in memory. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';
import { removeTree } from '../../base/remove-tree.js';
import { openRuntime } from '../../gate/runtime.js';

export interface RuntimeInside {
  readonly scratch: string;
}

/** Opens it, and after an abort closes it and removes the folder that it is in. */
export async function inside({ scratch }: RuntimeInside, { emit }: Ports): Promise<void> {
  const stop = new AbortController();
  {
    await using runtime = await openRuntime(scratch, createPorts({ emit, signal: stop.signal }));
    await writeFile(join(runtime.path, 'secret'), '');
    stop.abort();
  }
  await removeTree(scratch);
}
