import { expect, it } from 'vitest';
import {
  parseAccounts,
  parseBytesRead,
  parsePortals,
  parseTargets,
} from '../../../../hosts/target/tgt/show.js';

const SHOWN = `Target 1: iqn.2026-01.org.example:disk
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 4
            Initiator: iqn.2026-01.org.example:client alias: proto
            Connection: 0
                IP Address: 10.77.0.10
        I_T nexus: 5
            Initiator: iqn.2026-01.org.example:other alias: none
            Connection: 0
                IP Address: 10.77.0.11
            Connection: 1
                IP Address: 10.77.0.12
    LUN information:
        LUN: 0
            Type: controller
            SCSI SN: beaf10
            Thin-provisioning: No
            Backing store path: None
        LUN: 1
            Type: disk
            SCSI SN: 0123456789abcdef
            Size: 4 MB, Block size: 512
            Readonly: Yes
            Thin-provisioning: Yes
            Backing store type: rdwr
            Backing store path: /srv/disk.img
            Backing store flags: 
    Account information:
        client
        own (outgoing)
    ACL information:
        ALL
        iqn.2026-01.org.example:client
Target 2: iqn.2026-01.org.example:spare
    I_T nexus information:
    LUN information:
`;

it('reads targets and who is logged in', () => {
  expect(parseTargets(SHOWN)).toEqual([
    {
      id: 1,
      name: 'iqn.2026-01.org.example:disk',
      sessions: [
        { initiator: 'iqn.2026-01.org.example:client', addresses: ['10.77.0.10'] },
        { initiator: 'iqn.2026-01.org.example:other', addresses: ['10.77.0.11', '10.77.0.12'] },
      ],
      luns: [
        { lun: 0, serial: 'beaf10', thin: false, readOnly: false, path: 'None' },
        { lun: 1, serial: '0123456789abcdef', thin: true, readOnly: true, path: '/srv/disk.img' },
      ],
      accounts: ['client', 'own (outgoing)'],
      access: ['ALL', 'iqn.2026-01.org.example:client'],
    },
    { id: 2, name: 'iqn.2026-01.org.example:spare', sessions: [], luns: [], accounts: [], access: [] },
  ]);
});

it('reads accounts and ports', () => {
  expect(parseAccounts('Account list:\n    web1\n    db1\n')).toEqual(['web1', 'db1']);
  expect(parsePortals('Portal: 0.0.0.0:3260,1\nPortal: [::]:3261,1\n')).toEqual([3260, 3261]);
});

it('reads nothing from nothing', () => {
  expect([parseTargets(''), parseAccounts(''), parsePortals('')]).toEqual([[], [], []]);
});

it('adds up what the sessions have read', () => {
  const head =
    'tgt lun sid rd_subm(bytes,cmds) rd_done(bytes,cmds) wr_subm(bytes,cmds) wr_done(bytes,cmds) errs';
  const lines = [
    '  1   0   2            0      0            0      0            0      0            0      0    0',
    '  1   1   2     17042433    544     17042432    544            7      1            9      2    1',
    '  1   1   3          512      1          512      1            0      0            0      0    0',
  ];
  expect(parseBytesRead(`${[head, ...lines].join('\n')}\n`)).toBe(17042944);
  expect([parseBytesRead(head), parseBytesRead('')]).toEqual([0, 0]);
});
