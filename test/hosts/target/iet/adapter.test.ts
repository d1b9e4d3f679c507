import { expect, it } from 'vitest';
import type { Ports } from '../../../../base/ports.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import { adapterOf } from '../../../../hosts/target/adapters.js';
import { failureOf, ports } from '../../../artifacts/formats/tools.js';
import { hostFacts, hostOf } from '../host.js';
import { DB, PC, PORTALS, PREFIX, SECRET, SHARED, WEB } from '../luns.js';

const adapter = adapterOf('iet');

it('renders both files', () => {
  expect(adapter.lun).toBe(0);
  expect(adapter.render([WEB, DB], PORTALS)).toEqual([
    {
      name: 'ietd.conf',
      text: `# Made by lunsmith: join it to /etc/iet/ietd.conf, then restart ietd.

Target ${PREFIX}:web1.root.0123456789ab-1
    IncomingUser web1 canary-5e7a11ce
    Lun 0 Path=/srv/lunsmith/clients/web1/root/0123456789ab-1.img,Type=fileio,ScsiId=0123456789abcdef,ScsiSN=0123456789abcdef

Target ${PREFIX}:db1.root.fedcba987654-2
    IncomingUser db1 other-c0ffee12
    Lun 0 Path=/dev/vg0/db1-root-fedcba987654-2,Type=blockio,ScsiId=fedcba9876543210,ScsiSN=fedcba9876543210
`,
    },
    {
      name: 'initiators.allow',
      text: `# Made by lunsmith: join it to /etc/iet/initiators.allow; a target that is not named there lets nobody in.
${PREFIX}:web1.root.0123456789ab-1 iqn\\.2026-01\\.org\\.example:client\\.web1
${PREFIX}:db1.root.fedcba987654-2 iqn\\.2026-01\\.org\\.example:client\\.db1
`,
    },
  ]);
});

it('renders two disks of one target', () => {
  expect(adapter.render([PC], PORTALS)[0]?.text).toContain(`Target ${PC.target}
    IncomingUser pc7 ${SECRET}
    Lun 0 Path=${PC.disk},Type=fileio,ScsiId=00000000000000a1,ScsiSN=00000000000000a1
    Lun 1 Path=${PC.beside?.disk},Type=fileio,ScsiId=00000000000000a2,ScsiSN=00000000000000a2
`);
});

it('renders an image that clients share', () => {
  const lines = SHARED.map(
    ({ disk, serial }) => `Lun 0 Path=${disk},Type=fileio,ScsiId=${serial},ScsiSN=${serial},IOMode=ro`,
  );
  const text = adapter.render(SHARED, PORTALS)[0]?.text ?? '';
  expect(text.match(/Lun .*/g)).toEqual(lines);
});

it('writes comments at the beginning of a line only, as ietd.conf(5) wants', () => {
  for (const { text } of adapter.render([WEB, DB], PORTALS)) {
    expect(text.split('\n').filter((line) => line.lastIndexOf('#') > 0)).toEqual([]);
  }
});

const IQN = 'iqn.YYYY-MM.DOMAIN:NAME of letters, digits and . : -';
const INITIATOR = `${IQN}, or eui. or naa. and hexadecimal digits`;
const WORD = '1 to 200 printable ASCII characters without a space, # and \\';
const PATH = 'an absolute path of letters, digits and . _ : @ % + = / -';

it.each([
  [{ target: 'iqn.2026-01.x:a b' }, 'name of a target', IQN, 'iqn.2026-01.x:a b'],
  [{ initiator: 'eui.0123' }, 'name of an initiator', INITIATOR, 'eui.0123'],
  [{ disk: '/a b' }, 'path of a disk', PATH, '/a b'],
  [
    { serial: '0123456789abcdef0' },
    'serial number',
    '16 hexadecimal digits in lower case',
    '0123456789abcdef0',
  ],
  [{ chap: { user: 'a b', secret: 'x' } }, 'CHAP user', WORD, 'a b'],
  [{ chap: { user: 'a', secret: `${SECRET}#` } }, 'CHAP secret', WORD, 'the secret of a'],
  [{ chap: { user: 'a', secret: `${SECRET}\\` } }, 'CHAP secret', WORD, 'the secret of a'],
])('refuses what the files cannot hold: %j', (change, what, expected, found) => {
  const failure = failureOf(() => adapter.render([{ ...WEB, ...change }], PORTALS));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [{ what: `IET cannot take this ${what}.`, expected, found }],
  ]);
  expect(JSON.stringify(failure.toRecord())).not.toContain(SECRET);
});

const VOLUMES = `tid:2 name:${DB.target}
\tlun:0 state:0 iotype:blockio iomode:wt blocks:16384 blocksize:512 path:${DB.disk}
tid:1 name:${WEB.target}
\tlun:0 state:0 iotype:fileio iomode:wt path:${WEB.disk}
`;
const SESSIONS = `tid:2 name:${DB.target}
tid:1 name:${WEB.target}
\tsid:281474997486080 initiator:${WEB.initiator}
\t\tcid:0 ip:10.77.0.10 state:active hd:none dd:none
`;

function rig(volumes: string | undefined, sessions = `tid:2 name:${DB.target}\ntid:1 name:${WEB.target}\n`) {
  const events: unknown[] = [];
  const runs: (readonly string[])[] = [];
  const used: Ports = {
    ...ports,
    emit: (event) => events.push(event),
    run: (argv) => {
      runs.push(argv);
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
  };
  const host: TargetHost = {
    ...hostOf(hostFacts('iet', '/srv/lunsmith'), used),
    read: (path) => Promise.resolve(path === '/proc/net/iet/volume' ? volumes : sessions),
  };
  return { host, used, events, runs };
}

it('tells who is logged in', async () => {
  const { host, used } = rig(VOLUMES, SESSIONS);
  expect(await adapter.sessions(host, used)).toEqual([
    { target: WEB.target, initiator: WEB.initiator, addresses: ['10.77.0.10'] },
  ]);
});

it('says nothing when all is offered', async () => {
  const { host, used, events, runs } = rig(VOLUMES);
  await adapter.apply(host, [WEB, DB], PORTALS, used);
  expect([events, runs]).toEqual([[], []]);
});

it('says what is needed when something is not offered yet', async () => {
  const { host, used, events, runs } = rig('');
  await adapter.apply(host, [WEB, DB], PORTALS, used);
  expect(events).toEqual([
    {
      type: 'warning',
      message: `IET on san1 does not offer ${WEB.target}, ${DB.target} yet: it reads accounts only when it starts.`,
      hint: 'Join /srv/lunsmith/conf/ietd.conf and initiators.allow to the files in /etc/iet on that host, then restart ietd there; sessions come back by themselves.',
    },
  ]);
  expect(runs).toEqual([]);
});

it.each([
  [`tid:1 name:${WEB.target}\n\tlun:0 state:0 iotype:fileio iomode:wt path:/x\n`, 'LUN 0 is /x'],
  [
    `tid:1 name:iqn.2000-01.a:b\n\tlun:3 state:0 iotype:fileio iomode:wt path:${WEB.disk}\n`,
    `its disk ${WEB.disk} is offered by iqn.2000-01.a:b`,
  ],
])('refuses what is foreign: %j', async (volumes, found) => {
  const { host, used } = rig(volumes);
  await expect(adapter.apply(host, [WEB], PORTALS, used)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      {
        what: `The target ${WEB.target} belongs to somebody else.`,
        expected: 'no target of that name but ours',
        found,
        hint: 'Choose another `prefix` for the targets of this host in the site, or remove that target by hand.',
      },
    ],
  });
});

it('takes targets away by their number', async () => {
  const { host, used, runs } = rig(VOLUMES);
  await adapter.remove(host, [WEB.target, 'iqn.2026-01.org.example:absent'], used);
  expect(runs).toEqual([['ietadm', '--op', 'delete', '--tid=1']]);
});

it('refuses to take away what has a session', async () => {
  const { host, used, runs } = rig(VOLUMES, SESSIONS);
  await expect(adapter.remove(host, [DB.target, WEB.target], used)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      {
        what: `The target ${WEB.target} has a session.`,
        expected: 'nobody logged in',
        found: WEB.initiator,
        hint: 'Shut that client down, wait until its target misses it (a minute with LIO), then run the same command again.',
      },
    ],
  });
  expect(runs).toEqual([]);
});

it('says where IET is not', async () => {
  const { host, used } = rig(undefined);
  await expect(adapter.apply(host, [WEB], PORTALS, used)).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'IET does not run on the target host san1.',
        expected: '/proc/net/iet/volume, which its kernel module makes',
        found: 'no such file',
        hint: 'Load iscsi_trgt and start ietd on that host.',
      },
    ],
  });
});
