/** What clients of one host may not share, and what a target may know but once. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyChange } from '../../../hosts/apply.js';
import type { Intent } from '../../../hosts/change/intent.js';
import { type HostRig, hostRig, picture } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';

let rig: HostRig;
beforeEach(async () => {
  rig = await hostRig(() => ({
    dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
  }));
});
afterEach(() => rig[Symbol.asyncDispose]());

const act = (intent: Intent, options = rig.options) => applyChange(rig.host, intent, options, rig.ports);
const promote = () => act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });

it('an address of two clients is refused before anything changes', async () => {
  const address = { address: '192.0.2.21', netmask: '255.255.255.0' };
  await promote();
  await act({ kind: 'add', client: clientFacts(1, { address }) });
  const before = await picture(rig.folder);
  await expect(act({ kind: 'add', client: clientFacts(2, { address }) })).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ what: 'The address of web2 is that of web1 on san1.' }],
  });
  expect(await picture(rig.folder)).toEqual(before);
  expect(before[join('root', 'conf/dhcpd.conf')]).toContain('fixed-address 192.0.2.21;');
});

it('a user never has two secrets at a time, as tgtd knows but one', async () => {
  await promote();
  await act({ kind: 'add', client: clientFacts(1) });
  const offered: string[][] = [];
  const { adapter } = rig.options.drivers;
  const watched: typeof adapter = {
    ...adapter,
    apply: (host, luns, ...more) => {
      offered.push(luns.map(({ chap }) => chap.secret));
      return adapter.apply(host, luns, ...more);
    },
  };
  const images = [
    { name: 'debian', channel: 'stable', boot: 'san' },
    { name: 'rescue', channel: 'stable', boot: 'san' },
  ] as const;
  const client = clientFacts(1, { secret: 'env:OTHER', images });
  await act(
    { kind: 'add', client },
    { ...rig.options, drivers: { ...rig.options.drivers, adapter: watched } },
  );
  expect(offered).toEqual([
    ['SECRET1-of-web1', 'SECRET1-of-web1'],
    ['OTHER-of-web1', 'OTHER-of-web1'],
  ]);
});
