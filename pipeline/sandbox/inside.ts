/**
 * The process inside the sandbox: it loads the module that it is told, calls its `inside` function and sends events
 * and the result back. When the process outside is gone, it ends, and with it, being the first of its pid
 * namespace, everything that it started and mounted.
 */

import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { ToInside, ToOutside } from './protocol.js';

/** What a module that runs inside exports. */
export interface InsideModule {
  readonly inside: (payload: unknown, ports: Ports) => Promise<unknown>;
}

const abort = new AbortController();

function say(message: ToOutside): void {
  process.send?.(message);
}

async function work(module: string, payload: unknown): Promise<void> {
  try {
    const { inside } = (await import(module)) as InsideModule;
    const ports = createPorts({ emit: (event) => say({ say: 'event', event }), signal: abort.signal });
    say({ say: 'result', value: (await inside(payload, ports)) ?? null });
  } catch (error) {
    say({ say: 'failure', failure: Failure.from(error).toRecord() });
  }
  // The channel is flushed before it closes; nothing else may keep the process alive.
  process.disconnect();
}

process.on('message', (message: ToInside) => {
  if (message.say === 'abort') abort.abort();
  else void work(message.module, message.payload);
});
process.on('disconnect', () => process.exit(0));
// As the first process of a pid namespace it gets no signal that it has no handler for.
process.on('SIGTERM', () => abort.abort());
say({ say: 'ready' });
