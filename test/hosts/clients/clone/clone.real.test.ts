/** LUNs that are files: made, found, interrupted, refused, removed. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256File } from '../../../../artifacts/formats/file-digest.js';
import { fileSizes } from '../../../../artifacts/formats/sparse.js';
import { Failure } from '../../../../base/failure.js';
import type { Ports } from '../../../../base/ports.js';
import {
  type ClonePorts,
  type Copied,
  cleanClones,
  cloneDisk,
  freeSpace,
  listClones,
  makeClone,
  removeClone,
} from '../../../../hosts/clients/clone.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import { roomHint } from '../../../../hosts/host/room.js';
import { bios, root } from '../../../artifacts/formats/disks.js';
import { ask, ports as plain } from '../../../artifacts/formats/tools.js';
import { failureOf } from '../../../util/failure-of.js';
import { type CloneRig, cloneRig, FIXED, GPT, MIB } from './rig.js';

/** e2fsprogs note when they wrote; two LUNs are compared. */
const atOneTime =
  (run: Ports['run']): Ports['run'] =>
  (argv, options) =>
    run(['env', 'E2FSPROGS_FAKE_TIME=1700000000', ...argv], options);

const files = async (rig: CloneRig) =>
  (await readdir(rig.host.facts.root, { recursive: true }))
    .filter((path) => path.startsWith('clients'))
    .toSorted();

it('is a private copy of the image, as sparse, made once', async () => {
  await using rig = await cloneRig();
  const request = rig.request();
  const first = await makeClone(rig.host, request, rig.ports);
  expect(first).toEqual({ disk: cloneDisk(rig.host.facts, request), bytes: rig.disk.bytes, made: true });
  expect(await sha256File(first.disk)).toBe(await sha256File(rig.image));
  expect((await stat(first.disk)).mode & 0o777).toBe(0o600);
  expect((await fileSizes(first.disk)).allocated).toBeLessThanOrEqual((await fileSizes(rig.image)).allocated);
  // A client has written to it.
  await writeFile(first.disk, 'written', { flag: 'r+' });
  const written = await sha256File(first.disk);
  expect(await makeClone(rig.host, request, rig.ports)).toEqual({ ...first, made: false });
  expect(await sha256File(first.disk)).toBe(written);
  await makeClone(rig.host, rig.request({ client: 'web2' }), rig.ports);
  expect(await files(rig)).toEqual([
    'clients',
    'clients/web1',
    'clients/web1/debian',
    'clients/web1/debian/abababababab-1.img',
    'clients/web2',
    'clients/web2/debian',
    'clients/web2/debian/abababababab-1.img',
  ]);
});

it('can begin with nothing on it', async () => {
  await using rig = await cloneRig();
  const { client, image, generation } = rig.request();
  const request = { client, image, generation, bytes: 3 * MIB };
  const made = await makeClone(rig.host, request, rig.ports);
  expect(made).toEqual({ disk: cloneDisk(rig.host.facts, request), bytes: 3 * MIB, made: true });
  expect(await fileSizes(made.disk)).toEqual({ apparent: 3 * MIB, allocated: 0 });
  expect((await stat(made.disk)).mode & 0o777).toBe(0o600);
  expect(rig.warnings).toEqual([]);
});

/** A host whose file system shares no blocks. @param copied settles when a copy may end */
function withoutReflinks(host: TargetHost, copied: Promise<unknown> = Promise.resolve()): TargetHost {
  const refused = ['sh', '-c', 'echo "cp: failed to clone: Operation not supported" >&2; exit 1'] as const;
  return {
    ...host,
    run: async (argv, options) => {
      const result = await host.run(argv[1] === '--reflink=always' ? refused : argv, options);
      if (argv[1] === '--sparse=always') await copied;
      return result;
    },
  };
}

it('tells how far the copy of an image is', async () => {
  await using rig = await cloneRig(FIXED);
  let copied: NonNullable<ClonePorts['copied']> = () => undefined;
  const told = new Promise<Copied>((resolve) => (copied = resolve));
  await makeClone(withoutReflinks(rig.host, told), rig.request(), { ...rig.ports, copied });
  const { allocated } = await fileSizes(rig.image);
  const { done, total } = await told;
  expect(total).toBe(allocated);
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThanOrEqual(total);
});

it('warns once that a file system shares no blocks', async () => {
  await using rig = await cloneRig(FIXED);
  const noReflink = withoutReflinks(rig.host);
  for (const client of ['web1', 'web2']) await makeClone(noReflink, rig.request({ client }), rig.ports);
  expect(rig.warnings).toEqual([
    `The file system of ${rig.host.facts.root} on san1 cannot share blocks between files: each LUN is a whole copy of its image.`,
  ]);
});

it('is listed, and removed without its neighbours', async () => {
  await using rig = await cloneRig(FIXED);
  for (const generation of ['abababababab-1', 'abababababab-2']) {
    await makeClone(rig.host, rig.request({ generation }), rig.ports);
  }
  const disk = cloneDisk(rig.host.facts, rig.request());
  const { allocated } = await fileSizes(disk);
  const about = { client: 'web1', image: 'debian', partial: false, bytes: rig.disk.bytes, allocated };
  expect(await listClones(rig.host)).toEqual([
    { ...about, generation: 'abababababab-1', disk },
    { ...about, generation: 'abababababab-2', disk: disk.replace('-1.img', '-2.img') },
  ]);
  await removeClone(rig.host, disk);
  await removeClone(rig.host, disk);
  expect((await listClones(rig.host)).map(({ generation }) => generation)).toEqual(['abababababab-2']);
  await removeClone(rig.host, disk.replace('-1.img', '-2.img'));
  expect(await files(rig)).toEqual(['clients']);
});

it('removes nothing that is not ours', async () => {
  await using rig = await cloneRig(FIXED);
  const failure = await failureOf(removeClone(rig.host, rig.image));
  expect(failure.kind).toBe('usage');
  expect(failure.diagnostics).toEqual([
    {
      what: `${rig.image} on san1 is no LUN that lunsmith made; it stays.`,
      expected: join(rig.host.facts.root, 'clients/CLIENT/IMAGE/GENERATION.img'),
    },
  ]);
  expect((await stat(rig.image)).isFile()).toBe(true);
});

it.each([
  [
    'smaller than its image',
    { bytes: 60 * MIB },
    {
      what: 'The LUN of web1 for debian is 36 MiB smaller than the image of the release.',
      expected: 'at least 96 MiB',
      found: '60 MiB',
      hint: 'Give web1 a size of at least 96 MiB, or none: then the LUN is as large as the image.',
    },
  ],
  [
    'larger than its table knows',
    { bytes: 3 * 2 ** 40, table: 'mbr' as const },
    {
      what: "The LUN of web1 for debian is 1048577 MiB too large for the image's mbr table.",
      expected: 'at most 2 TiB',
      found: '3145728 MiB',
      hint: 'Make it smaller, or set `table: gpt` in the recipe.',
    },
  ],
])('refuses a LUN that is %s', async (_, { bytes, ...table }, diagnostic) => {
  await using rig = await cloneRig(FIXED);
  const request = rig.request({ bytes, disk: { ...rig.disk, ...table } });
  const failure = await failureOf(makeClone(rig.host, request, rig.ports));
  expect(failure.kind).toBe('usage');
  expect(failure.diagnostics).toEqual([diagnostic]);
  expect(await files(rig)).toEqual([]);
});

it('refuses a disk of that name that is another', async () => {
  await using rig = await cloneRig(FIXED);
  const { disk } = await makeClone(rig.host, rig.request(), rig.ports);
  const failure = await failureOf(makeClone(rig.host, rig.request({ bytes: 97 * MIB }), rig.ports));
  expect(failure.kind).toBe('integrity');
  expect(failure.diagnostics).toEqual([
    {
      what: `${disk} on san1 is smaller than the LUN that has this name.`,
      expected: '101711872 bytes',
      found: '100663296 bytes',
      hint: 'Somebody changed it. Move it away, then run the same command again.',
    },
  ]);
});

it.each([
  ['much', 200],
  // Less than what stands before the file system.
  ['a little', 81],
])(
  'is whole or not there, wherever its making and enlarging by %s ends; the next call makes it',
  async (_, size) => {
    await using made = await cloneRig({
      ...GPT,
      bytes: 80 * MIB,
      partitions: [bios, { ...root, size: 'grow' }],
    });
    const rig = { ...made, host: { ...made.host, run: atOneTime(made.host.run) } };
    const request = rig.request({ bytes: size * MIB });
    const other = rig.request({ bytes: size * MIB, client: 'web2' });
    const { disk } = await makeClone(rig.host, other, rig.ports);
    const undisturbed = await sha256File(disk);
    for (let commands = 0, whole = false; !whole; commands += 1) {
      let left = commands;
      const gone: TargetHost = {
        ...rig.host,
        // As when the connection breaks: nothing that comes later is done, cleaning included.
        run: (argv, options) => {
          left -= 1;
          return left < 0
            ? Promise.reject(new Failure('network', { what: 'The host is gone.' }))
            : rig.host.run(argv, options);
        },
      };
      await makeClone(gone, request, rig.ports).catch(() => undefined);
      const lists = (await listClones(rig.host)).filter(({ client }) => client === 'web1');
      whole = lists.some(({ partial }) => !partial);
      expect(lists.length).toBeLessThanOrEqual(2);
      if (whole) break;
      if (commands % 2 === 1) {
        await cleanClones(rig.host, new Set());
        expect((await listClones(rig.host)).map(({ client }) => client)).toEqual(['web2']);
      }
      const again = await makeClone(rig.host, request, rig.ports);
      expect(again.made).toBe(true);
      expect(await sha256File(again.disk)).toBe(undisturbed);
      await removeClone(rig.host, again.disk);
    }
    expect(await sha256File(cloneDisk(rig.host.facts, request))).toBe(undisturbed);
  },
);

it('ends when it is interrupted, and the next call makes it', async () => {
  const stop = new AbortController();
  await using rig = await cloneRig(FIXED, stop.signal);
  const during: TargetHost = {
    ...rig.host,
    run: (argv, options) => {
      if (argv[1] === '--sparse=always' || argv[1] === '--reflink=always') stop.abort();
      return rig.host.run(argv, options);
    },
  };
  expect((await failureOf(makeClone(during, rig.request(), rig.ports))).kind).toBe('interrupted');
  const later: TargetHost = { ...rig.host, run: plain.run };
  expect((await listClones(later)).map(({ partial }) => partial)).toEqual([true]);
  expect((await makeClone(later, rig.request(), rig.ports)).made).toBe(true);
  expect((await listClones(later)).map(({ partial }) => partial)).toEqual([false]);
});

it('says that the host is full, and leaves nothing', async () => {
  await using rig = await cloneRig(FIXED);
  // The clients' folder is a small file system that only the host's commands see.
  const clients = join(rig.host.facts.root, 'clients');
  const mount = `mkdir ${clients} && mount -t tmpfs -o size=1M none ${clients} && echo ready && sleep infinity`;
  let ready = (): void => undefined;
  const mounted = new Promise<void>((resolve) => (ready = resolve));
  await using holder = await plain.start(['unshare', '--map-root-user', '--mount', 'sh', '-c', mount], {
    doing: 'mount a small file system',
    onLine: (line) => {
      if (line === 'ready') ready();
    },
  });
  await Promise.race([mounted, holder.ended]);
  const inside = [
    'nsenter',
    '--target',
    String(holder.pid),
    '--user',
    '--mount',
    '--preserve-credentials',
  ] as const;
  const host: TargetHost = {
    ...rig.host,
    run: (argv, options) => rig.host.run([...inside, ...argv], options),
  };
  const failure = await failureOf(makeClone(host, rig.request(), rig.ports));
  expect(failure.kind).toBe('space');
  expect(failure.diagnostics).toEqual([
    {
      what: 'san1 is full: the LUN of web1 for debian was not made.',
      found: 'nsenter: exit code 1',
      hint: roomHint('san1'),
    },
  ]);
  expect(await listClones(host)).toEqual([]);
  expect(rig.warnings.filter((message) => !message.includes('cannot share blocks'))).toEqual([]);
});

it('tells how much room there is', async () => {
  await using rig = await cloneRig(FIXED);
  await makeClone(rig.host, rig.request({ bytes: 1024 * MIB }), rig.ports);
  const space = await freeSpace(rig.host);
  const [unit, blocks] = (await ask('stat', '-f', '-c', '%S %b', rig.folder)).trim().split(' ');
  expect(space.total).toBe(Number(unit) * Number(blocks));
  expect(space.free).toBeGreaterThan(0);
  expect(space.free).toBeLessThan(space.total);
  expect(space.luns).toBe(1);
  expect(space.promised).toBeGreaterThan(900 * MIB);
  expect(space.promised).toBeLessThanOrEqual(1024 * MIB);
});
