/** LUNs of a storage array: its administrator makes them, and fills them with the images of releases. Nothing is made on the host. */
import { posix } from 'node:path';
import type { HostDrivers } from '../host/drivers.js';
import { hostLayout } from '../host/layout.js';

export const arrayClones: HostDrivers['clones'] = {
  // The file that the LUN is to be filled from.
  disk: (facts, request) => posix.join(hostLayout(facts).release(request.release ?? ''), request.from ?? ''),
  check: () => Promise.resolve(),
  make: (host, request) =>
    Promise.resolve({ disk: arrayClones.disk(host.facts, request), bytes: request.bytes, made: false }),
  remove: () => Promise.resolve(),
  clean: () => Promise.resolve(),
};
