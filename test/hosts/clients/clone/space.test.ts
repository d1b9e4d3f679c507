import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zeroedRequests } from '../../../../hosts/clients/clone/inode-tables.js';
import { lunAt, sameStorage } from '../../../../hosts/clients/clone/names.js';
import { promisedBytes } from '../../../../hosts/clients/clone/space.js';
import { cloneDisk, thinExhaustion } from '../../../../hosts/clients/clone.js';
import type { CloneKind } from '../../../../hosts/site/facts.js';
import { hostFacts } from '../../../util/hosts.js';

const GIB = 2 ** 30;

it('says by how much LUNs may outgrow their host', () => {
  expect(thinExhaustion('san1', { total: 100 * GIB, free: 40 * GIB, luns: 8, promised: 160 * GIB })).toEqual([
    {
      message: 'The 8 LUNs on san1 may grow by 160.0 GiB, but 40.0 GiB of 100.0 GiB are free.',
      hint: "When the host is full, its clients' writes fail. Add at least 120.0 GiB, or remove clients and old generations.",
    },
  ]);
  expect(thinExhaustion('san1', { total: 100 * GIB, free: 40 * GIB, luns: 1, promised: 40 * GIB })).toEqual(
    [],
  );
  const pool = { dataPercent: 10, metadataPercent: 80 };
  expect(thinExhaustion('san1', { total: GIB, free: GIB, luns: 0, promised: 0, pool })).toEqual([
    {
      message: 'The metadata of the thin pool on san1 is 80 % full.',
      hint: 'Extend it with `lvextend --poolmetadatasize`: a pool whose metadata is full needs repair.',
    },
  ]);
});

it('counts what LUNs may take, and takes them to share what their image holds', () => {
  const luns = [
    { bytes: 100, allocated: 30 },
    { bytes: 100, allocated: 10 },
  ];
  expect(promisedBytes(luns, 0)).toBe(160);
  expect(promisedBytes(luns, 20)).toBe(190);
});

const part = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);

it.each<CloneKind>([
  { kind: 'file' },
  { kind: 'lvm', group: 'vg0', pool: 'thin' },
  { kind: 'zfs', dataset: 'tank/luns' },
])('names a LUN by its path: $kind', (clone) => {
  const host = hostFacts('/srv/san', { clone });
  fc.assert(
    fc.property(part, part, fc.integer({ min: 1, max: 999 }), (client, image, count) => {
      fc.pre(!client.endsWith('.partial') && client !== '.' && image !== '.');
      const name = { client, image, generation: `0123456789ab-${count}` };
      const disk = cloneDisk(host, name);
      expect(lunAt(host, disk)).toMatchObject({ name, partial: false });
      expect(lunAt(host, `${disk}.partial`)).toMatchObject({ name, partial: true });
      // Also when the site names another storage by now.
      const storage = lunAt(hostFacts('/srv/san'), disk)?.storage;
      expect(storage !== undefined && sameStorage(storage, clone)).toBe(true);
      expect(lunAt(host, `${disk}/../x`)).toBeUndefined();
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('knows no LUN in the paths of others', () => {
  const host = hostFacts('/srv/san');
  for (const path of [
    '/srv/san/releases/a/disk.img',
    '/srv/san/clients/a/b.img',
    '/srv/san/clients/../b/c.img',
    '/srv/san/clients/a/b/c',
    '/srv/san',
    '/dev/vg0/other',
    '/dev/vg0/sub/lunsmith+web1+debian+abababababab-1',
    '/dev/zvol/lunsmith:web1:debian:abababababab-1',
    '/dev/lunsmith+web1+debian+abababababab-1',
  ]) {
    expect(lunAt(host, path)).toBeUndefined();
  }
});

it('marks the groups whose tables are not known to be zeros', () => {
  const groups = [
    'Group size: 1',
    'Group 0: (Blocks 0-32767) csum 0x3c04 [ITABLE_ZEROED]',
    'Group 1: (Blocks 32768-65535) csum 0x96e6 [INODE_UNINIT, BLOCK_UNINIT]',
    'Group 2: (Blocks 65536-98303) csum 0x12a3 [INODE_UNINIT]',
    'Group 3: (Blocks 98304-131071) csum 0x5a0d',
  ].join('\n');
  expect(zeroedRequests(groups)).toBe(
    [
      'set_bg 1 flags 7',
      'set_bg 1 checksum calc',
      'set_bg 2 flags 5',
      'set_bg 2 checksum calc',
      'set_bg 3 flags 4',
      'set_bg 3 checksum calc',
      '',
    ].join('\n'),
  );
  expect(zeroedRequests(groups.split('\n').slice(0, 2).join('\n'))).toBeUndefined();
});
