/** Runs inside the sandbox for the gate's tests. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Proof } from '../../artifacts/release/proof.js';
import type { Ports } from '../../base/ports.js';
import type { NotDecided } from '../../gate/broken.js';
import { proveCell } from '../../gate/cell.js';
import type { GateRequest } from '../../gate/request.js';

/** Where a server takes connections and never says a word. */
export const MUTE_PORT = 4444;

export interface GateJob extends GateRequest {
  /** The one processor that the gate, its servers and its client may use; default all. */
  readonly processor?: number;
}

export async function inside(job: GateJob, ports: Ports): Promise<Proof | NotDecided> {
  const { processor, ...request } = job;
  if (processor !== undefined) {
    const argv = [
      'taskset',
      '--all-tasks',
      '--cpu-list',
      '--pid',
      String(processor),
      String(process.pid),
    ] as const;
    await ports.run(argv, { doing: 'stay on one processor', quiet: true });
  }
  const mute = createServer((socket) => socket.on('error', () => undefined).resume()).listen(MUTE_PORT);
  await once(mute, 'listening');
  try {
    return await proveCell(request, ports);
  } finally {
    mute.close();
    mute.unref();
  }
}
