import { expect, it } from 'vitest';
import { type LunOptions, offerRequests } from '../../../../hosts/target/tgt/daemon.js';

const LUN: LunOptions = {
  name: 'iqn.2026-01.org.example:disk',
  disk: '/scratch/disk.img',
  lun: 1,
  serial: 'abc123',
  initiator: 'iqn.2026-01.org.example:client',
  chap: { user: 'client', secret: 'a,secret' },
};

it('offers a disk to one initiator with one account', () => {
  expect(offerRequests(2, LUN).map(({ request }) => request)).toEqual([
    {
      operation: 'new',
      mode: 'target',
      target: 2,
      parameters: 'targetname=iqn.2026-01.org.example:disk',
    },
    { operation: 'new', mode: 'logical-unit', target: 2, lun: 1, parameters: 'path=/scratch/disk.img' },
    {
      operation: 'update',
      mode: 'logical-unit',
      target: 2,
      lun: 1,
      parameters: 'targetOps readonly=0,scsi_sn=abc123,scsi_id=abc123,',
    },
    { operation: 'new', mode: 'account', parameters: 'user=client,password=a,secret' },
    { operation: 'bind', mode: 'account', target: 2, parameters: 'user=client' },
    {
      operation: 'bind',
      mode: 'target',
      target: 2,
      parameters: 'initiator-name=iqn.2026-01.org.example:client',
    },
  ]);
});

it('names no secret where it says what it is doing', () => {
  expect(offerRequests(1, LUN).map(({ doing }) => doing)).toEqual([
    'create the iSCSI target iqn.2026-01.org.example:disk',
    'offer /scratch/disk.img as LUN 1',
    'set the serial number of LUN 1',
    'create the CHAP account client',
    'bind the CHAP account client',
    'let iqn.2026-01.org.example:client log in',
  ]);
});

it.each([
  [{ disk: '/a,b/disk.img' }, 'path of the disk', '/a,b/disk.img'],
  [{ serial: 'a,b' }, 'serial number', 'a,b'],
  [{ chap: { user: 'a,b', secret: 'x' } }, 'CHAP user', 'a,b'],
])('refuses what tgtd would split at a comma: %j', (change, what, found) => {
  expect(() => offerRequests(1, { ...LUN, ...change })).toThrow(
    expect.objectContaining({
      kind: 'usage',
      diagnostics: [{ what: `tgtd cannot take this ${what}.`, expected: 'no comma in it', found }],
    }),
  );
});
