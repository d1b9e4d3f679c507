/**
 * LUNs that are volumes of LVM and ZFS, by the commands that are given: lvcreate(8), lvextend(8), lvrename(8), lvs(8),
 * zfs-create(8), zfs-clone(8), zfs-rename(8), zfs-list(8).
 */
import { expect, it } from 'vitest';
import type { Manifest } from '../../../../artifacts/release/manifest.js';
import type { Argv } from '../../../../base/ports.js';
import {
  checkClones,
  cleanClones,
  freeSpace,
  listClones,
  makeClone,
  removeClone,
} from '../../../../hosts/clients/clone.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import type { CloneKind } from '../../../../hosts/site/facts.js';
import { hostFacts } from '../../../util/hosts.js';
import { MIB, RELEASE } from './rig.js';

const quiet = { emit: () => undefined };
const DISK: Manifest['disk'] = {
  table: 'gpt',
  bytes: 100 * MIB,
  guid: '99999999-1111-4111-8111-999999999999',
  partitions: [
    {
      number: 1,
      name: 'root',
      type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      guid: '44444444-1111-4111-8111-111111111111',
      firstLba: 2048,
      sectors: 200_704,
      filesystem: 'ext4',
      grow: true,
    },
  ],
};
const REQUEST = {
  client: 'web1',
  image: 'debian',
  generation: 'abababababab-1',
  release: RELEASE,
  from: 'disk.img',
  disk: DISK,
  bytes: 1024 * MIB,
};
const IMAGE = `/srv/san/releases/${RELEASE}/disk.img`;

/** A host whose commands only change a table of volumes, as the pages say they do. */
function recorder(clone: CloneKind, answer: (argv: Argv) => string | undefined) {
  const given: string[] = [];
  const host: TargetHost = {
    facts: hostFacts('/srv/san', { clone }),
    run: (argv) => {
      const stdout = answer(argv);
      if (stdout === undefined) given.push(argv.join(' '));
      return Promise.resolve({ stdout: stdout ?? '', stderr: '', exitCode: 0 });
    },
    start: () => Promise.reject(new Error('nothing is started')),
    write: () => Promise.reject(new Error('nothing is written')),
    read: () => Promise.resolve(undefined),
    socket: () => Promise.reject(new Error('no socket')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { host, given };
}

const EXTENT = 4 * MIB;
const whole = (bytes: number) => Math.ceil(bytes / EXTENT) * EXTENT;

function lvm(volumes: Map<string, number>) {
  return recorder({ kind: 'lvm', group: 'vg0', pool: 'thin' }, (argv) => {
    const [tool, ...args] = argv;
    const after = (flag: string) => args[args.indexOf(flag) + 1] ?? '';
    const volume = (args.at(-1) ?? '').replace('vg0/', '');
    if (tool === 'lvs') {
      const lv = [...volumes].map(([name, bytes]) => ({
        lv_name: name,
        lv_size: String(bytes),
        data_percent: name === 'other' ? '' : '25.00',
        metadata_percent: name === 'thin' ? '81.50' : '',
      }));
      return JSON.stringify({ report: [{ lv }] });
    }
    if (tool === 'lvcreate') {
      const bytes = args.includes('--snapshot')
        ? (volumes.get(volume) ?? 0)
        : Number.parseInt(after('--virtualsize'), 10);
      volumes.set(after('--name'), whole(bytes));
    }
    if (tool === 'lvextend') volumes.set(volume, whole(Number.parseInt(after('--size'), 10)));
    if (tool === 'lvremove') volumes.delete(volume);
    if (tool === 'lvrename') {
      volumes.set(volume, volumes.get(args[1] ?? '') ?? 0);
      volumes.delete(args[1] ?? '');
    }
    return undefined;
  });
}

const LUN = 'lunsmith+web1+debian+abababababab-1';
const SEED = `lunsmith-seed+${RELEASE}`;

it('makes a volume for the release once, and a snapshot of it for each LUN', async () => {
  const volumes = new Map([
    ['thin', 10_240 * MIB],
    ['other', EXTENT],
  ]);
  const { host, given } = lvm(volumes);
  const made = await makeClone(host, REQUEST, quiet);
  expect(made).toEqual({ disk: `/dev/vg0/${LUN}`, bytes: 1024 * MIB, made: true });
  const growth = [
    `dd if=/dev/zero of=/dev/vg0/${LUN}.partial bs=512 seek=204767 count=33 conv=notrunc`,
    `resize2fs /dev/vg0/${LUN}.partial?offset=1048576 2093056s`,
    `sfdisk --quiet --no-reread --no-tell-kernel --wipe never --wipe-partitions never -N 1 /dev/vg0/${LUN}.partial`,
    `sync /dev/vg0/${LUN}.partial`,
  ];
  expect(given.filter((line) => !line.startsWith('dumpe2fs'))).toEqual([
    `lvcreate --yes --type thin --virtualsize 104857600b --wipesignatures n --thinpool thin --name ${SEED}.partial vg0`,
    `dd if=${IMAGE} of=/dev/vg0/${SEED}.partial bs=64K conv=sparse,notrunc,fsync`,
    `lvchange --permission r vg0/${SEED}.partial`,
    `lvrename vg0 ${SEED}.partial ${SEED}`,
    `lvcreate --yes --snapshot --permission rw --setactivationskip n --activate y --name ${LUN}.partial vg0/${SEED}`,
    `lvextend --size 1073741824b vg0/${LUN}.partial`,
    ...growth,
    `lvrename vg0 ${LUN}.partial ${LUN}`,
  ]);
  given.length = 0;
  expect(await makeClone(host, REQUEST, quiet)).toEqual({ ...made, made: false });
  expect(given).toEqual([]);
  await makeClone(host, { ...REQUEST, client: 'web2', bytes: DISK.bytes }, quiet);
  expect(given.map((line) => line.split(' ')[0])).toEqual(['lvcreate', 'sync', 'lvrename']);
});

/** A LUN that begins with nothing on it. */
const EMPTY = {
  client: REQUEST.client,
  image: REQUEST.image,
  generation: REQUEST.generation,
  bytes: REQUEST.bytes,
};

it('makes an empty volume of LVM where nothing is to be on the LUN', async () => {
  const { host, given } = lvm(new Map([['thin', 10_240 * MIB]]));
  expect((await makeClone(host, EMPTY, quiet)).bytes).toBe(1024 * MIB);
  expect(given).toEqual([
    `lvcreate --yes --type thin --virtualsize 1073741824b --wipesignatures n --thinpool thin --name ${LUN}.partial vg0`,
    `lvrename vg0 ${LUN}.partial ${LUN}`,
  ]);
});

it('makes an empty volume of ZFS where nothing is to be on the LUN', async () => {
  const { host, given } = zfs(new Map());
  const lun = LUN.replaceAll('+', ':');
  expect((await makeClone(host, EMPTY, quiet)).bytes).toBe(1024 * MIB);
  expect(given).toEqual([
    `zfs create -s -o volmode=dev -V 1073741824 tank/luns/${lun}.partial`,
    `udevadm settle --exit-if-exists=/dev/zvol/tank/luns/${lun}.partial`,
    `zfs rename tank/luns/${lun}.partial tank/luns/${lun}`,
    `udevadm settle --exit-if-exists=/dev/zvol/tank/luns/${lun}`,
  ]);
});

/** What was kept of a LUN; here nothing but its digest. */
const CONTENT = {
  ...{ bytes: EMPTY.bytes, ranges: [], sha256: 'e3'.repeat(32) },
  async *data() {
    yield* [];
  },
};
const FILLED = { ...EMPTY, filled: { bytes: 0, sha256: CONTENT.sha256 } };

/** The same host, which finds that digest on a volume that it has filled. */
function filling({ host, given }: ReturnType<typeof recorder>): TargetHost {
  const run: TargetHost['run'] = (argv, options) => {
    if (argv[0] !== 'perl') return host.run(argv, options);
    given.push(`fill ${argv[3]}`);
    return Promise.resolve({ stdout: `${CONTENT.sha256}  -\n`, stderr: '', exitCode: 0 });
  };
  return { ...host, run };
}

it('fills a volume of LVM before it has its name, and leaves none that was not filled', async () => {
  const volumes = new Map([['thin', 10_240 * MIB]]);
  const recorded = lvm(volumes);
  const { host, given } = recorded;
  await expect(makeClone(host, FILLED, quiet, CONTENT)).rejects.toThrow('is not what was sent');
  expect([...volumes.keys()]).toEqual(['thin']);
  given.length = 0;
  await makeClone(filling(recorded), FILLED, quiet, CONTENT);
  expect(given).toEqual([
    `lvcreate --yes --type thin --virtualsize 1073741824b --wipesignatures n --thinpool thin --name ${LUN}.partial vg0`,
    `fill /dev/vg0/${LUN}.partial`,
    `sync /dev/vg0/${LUN}.partial`,
    `lvrename vg0 ${LUN}.partial ${LUN}`,
  ]);
});

it('fills a volume of ZFS before it has its name', async () => {
  const recorded = zfs(new Map());
  const lun = LUN.replaceAll('+', ':');
  await makeClone(filling(recorded), FILLED, quiet, CONTENT);
  expect(recorded.given.slice(2, 5)).toEqual([
    `fill /dev/zvol/tank/luns/${lun}.partial`,
    `sync /dev/zvol/tank/luns/${lun}.partial`,
    `zfs rename tank/luns/${lun}.partial tank/luns/${lun}`,
  ]);
});

it('refuses a LUN whose content does not fit, before anything is made', async () => {
  const { host, given } = lvm(new Map([['thin', 400 * MIB]]));
  const filled = { bytes: 301 * MIB, sha256: CONTENT.sha256 };
  await expect(checkClones(host, [{ ...EMPTY, filled }])).rejects.toMatchObject({
    kind: 'space',
    diagnostics: [{ expected: '301 MiB free', found: '300 MiB' }],
  });
  await checkClones(host, [{ ...EMPTY, filled: { ...filled, bytes: 300 * MIB } }]);
  expect(given).toEqual([]);
});

it('fills the whole extents that a volume of LVM has', async () => {
  const { host, given } = lvm(new Map([['thin', 10_240 * MIB]]));
  const bytes = 1025 * MIB;
  expect((await makeClone(host, { ...REQUEST, bytes }, quiet)).bytes).toBe(1028 * MIB);
  const sectors = ((1028 - 1) * MIB) / 512 - 2048;
  expect(given).toContain(`resize2fs /dev/vg0/${LUN}.partial?offset=1048576 ${sectors}s`);
});

const OTHER_SEED = `lunsmith-seed+${'cd'.repeat(32)}`;

/** A LUN, one that was begun, what is kept of their release and of another, and a volume of somebody else. */
const volumesWith = (other: string) =>
  new Map([
    ['thin', 400 * MIB],
    ['other', EXTENT],
    [LUN, 200 * MIB],
    [`${LUN.replace('-1', '-2')}.partial`, 200 * MIB],
    [SEED, 100 * MIB],
    [other, 100 * MIB],
  ]);

it('lists, removes and cleans volumes of ours alone', async () => {
  const volumes = volumesWith(`${OTHER_SEED}.partial`);
  const { host } = lvm(volumes);
  const about = { client: 'web1', image: 'debian', bytes: 200 * MIB, allocated: 50 * MIB };
  expect(await listClones(host)).toEqual([
    { ...about, generation: 'abababababab-1', disk: `/dev/vg0/${LUN}`, partial: false },
    {
      ...about,
      generation: 'abababababab-2',
      disk: `/dev/vg0/${LUN.replace('-1', '-2')}.partial`,
      partial: true,
    },
  ]);
  expect(await freeSpace(host)).toEqual({
    total: 400 * MIB,
    free: 300 * MIB,
    luns: 2,
    promised: 350 * MIB,
    pool: { dataPercent: 25, metadataPercent: 81.5 },
  });
  // What no client has takes no more than it has.
  expect(await freeSpace(host, new Set([`/dev/vg0/${LUN}`]))).toMatchObject({ luns: 1, promised: 175 * MIB });
  await cleanClones(host, new Set([RELEASE]));
  expect([...volumes.keys()]).toEqual(['thin', 'other', LUN, SEED]);
  await expect(removeClone(host, '/dev/vg0/other')).rejects.toThrow(
    '/dev/vg0/other on san1 is no LUN that lunsmith made; it stays.',
  );
  await removeClone(host, `/dev/vg0/${LUN}`);
  await removeClone(host, `/dev/vg0/${LUN}`);
  await cleanClones(host, new Set());
  expect([...volumes.keys()]).toEqual(['thin', 'other']);
});

it.each<CloneKind>([{ kind: 'file' }, { kind: 'lvm', group: 'vg1', pool: 'thin' }])(
  'removes volumes of a group that the site has left for $kind, and what was kept for their releases',
  async (clone) => {
    const volumes = volumesWith(OTHER_SEED);
    const before = lvm(volumes).host;
    const host: TargetHost = {
      ...before,
      facts: { ...before.facts, clone },
      run: (argv, options) =>
        argv.join(' ').endsWith('vg1')
          ? lvm(new Map([['thin', 400 * MIB]])).host.run(argv, options)
          : before.run(argv, options),
    };
    const disk = `/dev/vg0/${LUN}`;
    await cleanClones(host, new Set(), [{ disk, release: RELEASE }]);
    expect([...volumes.keys()]).toEqual(['thin', 'other', LUN, SEED]);
    await removeClone(host, disk);
    await cleanClones(host, new Set([RELEASE]), [{ disk }]);
    expect([...volumes.keys()]).toEqual(['thin', 'other']);
  },
);

it('names the thin pool that is not there', async () => {
  const { host } = lvm(new Map([['other', EXTENT]]));
  await expect(freeSpace(host)).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'The volume group vg0 on san1 has no thin pool thin.',
        expected: 'vg0/thin',
        found: 'other',
        hint: 'Create it: lvcreate --type thin-pool --size SIZE --name thin vg0',
      },
    ],
  });
});

function zfs(volumes: Map<string, number>) {
  return recorder({ kind: 'zfs', dataset: 'tank/luns' }, (argv) => {
    const [tool, verb, ...args] = argv;
    const last = args.at(-1) ?? '';
    if (tool !== 'zfs') return undefined;
    if (verb === 'list') {
      const rows = [...volumes].map(([name, bytes]) => `${name}\t${bytes / 4}\t900\t${bytes}`);
      return `${[`tank/luns\t1000\t9000\t-`, ...rows].join('\n')}\n`;
    }
    if (verb === 'create') volumes.set(last, Number(args[args.indexOf('-V') + 1]));
    if (verb === 'clone') volumes.set(last, volumes.get((args.at(-2) ?? '').split('@')[0] ?? '') ?? 0);
    if (verb === 'set') volumes.set(last, Number(args[0]?.split('=')[1]));
    if (verb === 'destroy') volumes.delete(last);
    if (verb === 'rename') {
      volumes.set(last, volumes.get(args[0] ?? '') ?? 0);
      volumes.delete(args[0] ?? '');
    }
    return undefined;
  });
}

it('makes a volume of ZFS for the release once, and a clone of its snapshot for each LUN', async () => {
  const volumes = new Map<string, number>();
  const { host, given } = zfs(volumes);
  const [lun, seed] = [LUN, SEED].map((name) => name.replaceAll('+', ':'));
  const made = await makeClone(host, REQUEST, quiet);
  expect(made).toEqual({ disk: `/dev/zvol/tank/luns/${lun}`, bytes: 1024 * MIB, made: true });
  const device = `/dev/zvol/tank/luns/${lun}.partial`;
  expect(given.filter((line) => !line.startsWith('dumpe2fs'))).toEqual([
    `zfs create -s -o volmode=dev -V 104857600 tank/luns/${seed}.partial`,
    `udevadm settle --exit-if-exists=/dev/zvol/tank/luns/${seed}.partial`,
    `dd if=${IMAGE} of=/dev/zvol/tank/luns/${seed}.partial bs=64K conv=sparse,notrunc,fsync`,
    `zfs snapshot tank/luns/${seed}.partial@image`,
    `zfs rename tank/luns/${seed}.partial tank/luns/${seed}`,
    `zfs clone -o volmode=dev tank/luns/${seed}@image tank/luns/${lun}.partial`,
    `zfs set volsize=1073741824 tank/luns/${lun}.partial`,
    `udevadm settle --exit-if-exists=${device}`,
    `dd if=/dev/zero of=${device} bs=512 seek=204767 count=33 conv=notrunc`,
    `resize2fs ${device}?offset=1048576 2093056s`,
    `sfdisk --quiet --no-reread --no-tell-kernel --wipe never --wipe-partitions never -N 1 ${device}`,
    `sync ${device}`,
    `zfs rename tank/luns/${lun}.partial tank/luns/${lun}`,
    `udevadm settle --exit-if-exists=/dev/zvol/tank/luns/${lun}`,
  ]);
  expect(await freeSpace(host)).toEqual({ total: 10_000, free: 9000, luns: 1, promised: 768 * MIB });
  expect(await freeSpace(host, new Set([made.disk]))).toMatchObject({ luns: 0, promised: 0 });
  await removeClone(host, made.disk);
  await cleanClones(host, new Set());
  expect(volumes.size).toBe(0);
});
