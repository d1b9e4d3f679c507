/** How far the LUNs of a change are, as it is told. */
import { expect, it } from 'vitest';
import type { Event } from '../../../base/event.js';
import { makeClones } from '../../../hosts/apply/make-clones.js';
import type { ClonePorts, CloneRequest } from '../../../hosts/clients/clone.js';
import type { HostDrivers } from '../../../hosts/host/drivers.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { ports } from '../../artifacts/formats/tools.js';

const MIB = 2 ** 20;
const requests = ['web1', 'web2', 'web3'].map(
  (client): CloneRequest => ({ client, image: 'debian', generation: '1', bytes: 8 * MIB }),
);

async function told(copy: (ports: ClonePorts) => void): Promise<readonly string[]> {
  const lines: string[] = [];
  const emit = (event: Event) => {
    if (event.type === 'progress')
      lines.push(`${event.what}: ${event.done} of ${String(event.total)} ${event.unit}`);
  };
  const make: HostDrivers['clones']['make'] = (_host, request, its) => {
    copy(its);
    return Promise.resolve({ disk: request.client, bytes: request.bytes + 1, made: true });
  };
  const drivers = { clones: { make } as HostDrivers['clones'] };
  const sizes = await makeClones({} as TargetHost, requests, drivers, { ...ports, emit });
  expect([...sizes]).toEqual(requests.map(({ client, bytes }) => [client, bytes + 1]));
  return lines;
}

it('counts LUNs that are there at once', async () => {
  const lines = await told(() => undefined);
  expect([lines[0], lines.at(-1)]).toEqual(['make clones: 0 of 3 LUNs', 'make clones: 3 of 3 LUNs']);
});

it('counts bytes where images are copied, those of LUNs that are still to come too', async () => {
  const lines = await told(({ copied }) => {
    copied?.({ done: 1 * MIB, total: 4 * MIB });
    copied?.({ done: 4 * MIB, total: 4 * MIB });
  });
  const bytes = lines.filter((line) => line.startsWith('copy LUNs'));
  expect(bytes).toEqual([1, 4, 5, 8, 9, 12].map((done) => `copy LUNs: ${done * MIB} of ${12 * MIB} bytes`));
  expect(lines.at(-1)).toBe(bytes.at(-1));
});
