import { expect, it } from 'vitest';
import { secretsIn, targetsConf } from '../../../../hosts/target/tgt/conf.js';
import { failureOf } from '../../../artifacts/formats/tools.js';
import { DB, PC, PREFIX, SECRET, SHARED, WEB } from '../luns.js';

it('offers each disk to one initiator', () => {
  expect(targetsConf([WEB, DB])).toBe(`# Made by lunsmith; tgt-admin(8) reads it when tgtd starts.

<target ${PREFIX}:web1.root.0123456789ab-1>
    <backing-store /srv/lunsmith/clients/web1/root/0123456789ab-1.img>
        lun 1
        scsi_id 0123456789abcdef
        scsi_sn 0123456789abcdef
        write-cache off
        params thin_provisioning=1
    </backing-store>
    # Nobody by address, for an address would be enough; one by name.
    initiator-address 255.255.255.255
    initiator-name iqn.2026-01.org.example:client.web1
    incominguser web1 canary-5e7a11ce
</target>

<target ${PREFIX}:db1.root.fedcba987654-2>
    <backing-store /dev/vg0/db1-root-fedcba987654-2>
        lun 1
        scsi_id fedcba9876543210
        scsi_sn fedcba9876543210
        write-cache off
        params thin_provisioning=1
    </backing-store>
    # Nobody by address, for an address would be enough; one by name.
    initiator-address 255.255.255.255
    initiator-name iqn.2026-01.org.example:client.db1
    incominguser db1 other-c0ffee12
</target>
`);
});

it('offers two disks on one target, with numbers that stay', () => {
  expect(targetsConf([PC])).toContain(`<target ${PC.target}>
    <backing-store ${PC.disk}>
        lun 1
        scsi_id 00000000000000a1
        scsi_sn 00000000000000a1
        write-cache off
        params thin_provisioning=1
    </backing-store>
    <backing-store ${PC.beside?.disk}>
        lun 2
        scsi_id 00000000000000a2
        scsi_sn 00000000000000a2
        write-cache off
        params thin_provisioning=1
    </backing-store>
`);
});

it('offers one image to two clients, who cannot write to it', () => {
  const text = targetsConf(SHARED);
  expect(text.split('\n').filter((line) => /backing-store |params|scsi_sn/.test(line))).toEqual(
    SHARED.flatMap(({ disk, serial }) => [
      `    <backing-store ${disk}>`,
      `        scsi_sn ${serial}`,
      '        params thin_provisioning=1,readonly=1',
    ]),
  );
  expect(
    failureOf(() => targetsConf(SHARED.map((each) => ({ ...each, readOnly: undefined })))),
  ).toMatchObject({
    diagnostics: [{ what: 'The same disk is offered twice.' }],
  });
});

it('reads its secrets back', () => {
  expect(secretsIn(targetsConf([WEB, DB]))).toEqual(
    new Map([
      ['web1', SECRET],
      ['db1', 'other-c0ffee12'],
    ]),
  );
  expect(secretsIn('')).toEqual(new Map());
});

const IQN = 'iqn.YYYY-MM.DOMAIN:NAME of letters, digits and . : -';
const INITIATOR = `${IQN}, or eui. or naa. and hexadecimal digits`;
const WORD = 'letters, digits and . _ : @ % + = / -';

it.each([
  [{ target: 'iqn.2026-01.x:a_b' }, 'name of a target', IQN, 'iqn.2026-01.x:a_b'],
  [{ initiator: 'web1' }, 'name of an initiator', INITIATOR, 'web1'],
  [{ disk: '/a b' }, 'path of a disk', `an absolute path of ${WORD}`, '/a b'],
  [{ disk: '/a,b' }, 'path of a disk', `an absolute path of ${WORD}`, '/a,b'],
  [{ disk: 'a' }, 'path of a disk', `an absolute path of ${WORD}`, 'a'],
  [{ serial: '0123' }, 'serial number', '16 hexadecimal digits in lower case', '0123'],
  [{ chap: { user: 'a$b', secret: 'x' } }, 'CHAP user', WORD, 'a$b'],
  [{ chap: { user: 'a', secret: `${SECRET};` } }, 'CHAP secret', WORD, 'the secret of a'],
  [{ chap: { user: 'a', secret: `${SECRET}\n` } }, 'CHAP secret', WORD, 'the secret of a'],
  [{ chap: { user: 'a', secret: '' } }, 'CHAP secret', WORD, 'the secret of a'],
])('refuses what the file or the shell behind it cannot hold: %j', (change, what, expected, found) => {
  const failure = failureOf(() => targetsConf([{ ...WEB, ...change }]));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [{ what: `tgt cannot take this ${what}.`, expected, found }],
  ]);
  expect(JSON.stringify(failure.toRecord())).not.toContain(SECRET);
});

it.each([
  [{}, 'name of a target', WEB.target],
  [{ target: DB.target }, 'disk', `${WEB.disk}, by ${WEB.target} and ${DB.target}`],
  [
    { target: DB.target, disk: DB.disk, serial: DB.serial, beside: { ...DB, disk: WEB.disk } },
    'disk',
    `${WEB.disk}, by ${WEB.target} and ${DB.target}`,
  ],
  [{ target: DB.target, disk: DB.disk }, 'serial number', `${WEB.serial}, by ${WEB.target} and ${DB.target}`],
])('refuses the same twice: %j', (change, what, found) => {
  expect(failureOf(() => targetsConf([WEB, { ...WEB, ...change }])).diagnostics).toEqual([
    { what: `The same ${what} is offered twice.`, expected: `another ${what} for each target`, found },
  ]);
});
