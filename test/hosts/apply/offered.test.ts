import { expect, it } from 'vitest';
import { offeredLuns } from '../../../hosts/apply/offered.js';
import type { CloneKind } from '../../../hosts/site/facts.js';
import { bootInput, clientState, generation, HOST, WEB1 } from '../boot-host.js';

it.each<CloneKind>([
  { kind: 'file' },
  { kind: 'lvm', group: 'vg0', pool: 'thin' },
  { kind: 'zfs', dataset: 'tank/luns' },
])('offers each LUN as what it is, whatever the site names by now: $kind', (clone) => {
  const id = 'abababababab-1';
  const backing = (disk: string) => {
    const generations = [{ ...generation('web1', 'debian'), disk }];
    const client = clientState(WEB1, { images: { debian: { current: id, generations } } });
    const account = new Map([['web1', { user: 'web1', secret: 'canary-0-0ffe7ed' }]]);
    return offeredLuns({ ...HOST, clone }, bootInput([client]).state, account).map((lun) => lun.backing);
  };
  expect(backing(`/srv/lunsmith/clients/web1/debian/${id}.img`)).toEqual(['file']);
  expect(backing(`/dev/vg0/lunsmith+web1+debian+${id}`)).toEqual(['block']);
  expect(backing(`/dev/zvol/tank/luns/lunsmith:web1:debian:${id}`)).toEqual(['block']);
  expect(backing(`/srv/lunsmith/releases/${'ab'.repeat(32)}/disk.img`)).toEqual(['file']);
});
