import { expect, it } from 'vitest';
import { parseTargets } from '../../../../artifacts/target/tgt/show.js';

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
    ACL information:
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
    },
    { id: 2, name: 'iqn.2026-01.org.example:spare', sessions: [] },
  ]);
});

it('reads nothing from nothing', () => expect(parseTargets('')).toEqual([]));
