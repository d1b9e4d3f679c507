/**
 * LUNs that are ZFS volumes: clones of a snapshot of one volume for each release. By zfs-create(8), zfs-clone(8),
 * zfs-list(8) and zfsprops(7) of OpenZFS 2.1; the commands were never run on a real pool by this project's tests, which
 * compare them with those pages.
 */
import { posix } from 'node:path';
import type { TargetHost } from '../../host/host.js';
import type { CloneKind } from '../../site/facts.js';
import { growDevice } from './grow.js';
import { fill } from './lvm.js';
import { type CloneName, ownVolume, PARTIAL, seedName, volumeFolder, volumeName } from './names.js';
import { promisedBytes } from './space.js';
import type { Clone, CloneStore, CopyRequest } from './store.js';

type Zfs = Extract<CloneKind, { kind: 'zfs' }>;

const SNAPSHOT = 'image';
/** The host looks for no partitions in it: they are the client's. */
const PROPERTIES = ['-o', 'volmode=dev'];

interface Row {
  /** Without the dataset that holds it. */
  readonly name: string;
  readonly used: number;
  readonly available: number;
  /** NaN for what is no volume. */
  readonly bytes: number;
}

export function zfsStore(host: TargetHost, clone: Zfs): CloneStore {
  const { run } = host;
  const { dataset } = clone;
  const full = (volume: string) => `${dataset}/${volume}`;
  const device = (volume: string) => posix.join(volumeFolder(clone), volume);
  const rows = () => readRows(host, dataset);
  const volumes = async () => (await rows()).filter(({ bytes }) => !Number.isNaN(bytes));
  /** Device nodes are made by udev(7), asynchronously. */
  const appeared = async (volume: string) => {
    await run(['udevadm', 'settle', `--exit-if-exists=${device(volume)}`], {
      doing: `wait for the device of ${volume}`,
    });
  };
  const drop = async (names: readonly string[]) => {
    for (const { name } of (await volumes()).filter((volume) => names.includes(volume.name))) {
      // Its snapshots with it, but no clone of them: zfs-destroy(8).
      await run(['zfs', 'destroy', '-r', full(name)], { doing: `remove the volume ${name}` });
    }
  };
  const rename = async (from: string, to: string) => {
    await run(['zfs', 'rename', full(from), full(to)], { doing: `put the volume ${to} in its place` });
  };

  /** A sparse volume with nothing in it. */
  const create = async (volume: string, bytes: number, doing: string) => {
    await run(['zfs', 'create', '-s', ...PROPERTIES, '-V', String(bytes), full(volume)], { doing });
    await appeared(volume);
  };

  const ensureSeed = async (request: CopyRequest) => {
    const { release, disk } = request;
    const seed = seedName('zfs', release);
    const partial = `${seed}${PARTIAL}`;
    if ((await volumes()).some(({ name }) => name === seed)) return seed;
    await drop([partial]);
    await create(partial, disk.bytes, `create a volume for the release ${release}`);
    await fill(host, request, device(partial));
    await run(['zfs', 'snapshot', `${full(partial)}@${SNAPSHOT}`], {
      doing: `take a snapshot of ${partial}`,
    });
    await rename(partial, seed);
    return seed;
  };

  const make: CloneStore['make'] = async (request, _ports, write) => {
    const volume = volumeName('zfs', request);
    const partial = `${volume}${PARTIAL}`;
    await drop([partial]);
    try {
      if (request.from === undefined) {
        await create(partial, request.bytes, `create the volume ${volume}`);
        if (write !== undefined) {
          await write(device(partial));
          await run(['sync', device(partial)], { doing: `write ${partial} to the disk` });
        }
        await rename(partial, volume);
        await appeared(volume);
        return;
      }
      const seed = await ensureSeed(request);
      await run(['zfs', 'clone', ...PROPERTIES, `${full(seed)}@${SNAPSHOT}`, full(partial)], {
        doing: `clone the volume ${seed}`,
      });
      if (request.bytes > request.disk.bytes) {
        await run(['zfs', 'set', `volsize=${request.bytes}`, full(partial)], {
          doing: `enlarge the volume ${partial}`,
        });
        await appeared(partial);
        await growDevice(run, device(partial), request.disk, request.bytes);
        await run(['sync', device(partial)], { doing: `write ${partial} to the disk` });
      }
      await rename(partial, volume);
      await appeared(volume);
    } catch (error) {
      // Whatever cannot be removed now is by the next call.
      await drop([partial]).catch(() => undefined);
      throw error;
    }
  };

  const list = async () =>
    (await volumes()).flatMap(({ name, bytes, used }): Clone[] => {
      const own = ownVolume('zfs', name);
      if (own?.kind !== 'lun') return [];
      return [{ ...own.name, disk: device(name), partial: own.partial, bytes, allocated: used }];
    });

  return {
    size: async (name: CloneName) =>
      (await volumes()).find((volume) => volume.name === volumeName('zfs', name))?.bytes,
    check: () => Promise.resolve(),
    make,
    remove: (name) => drop([volumeName('zfs', name), `${volumeName('zfs', name)}${PARTIAL}`]),
    discard: (name) => drop([`${volumeName('zfs', name)}${PARTIAL}`]),
    list,
    space: async (resting) => {
      const whole = (await rows()).find(({ name }) => name === '');
      const luns = (await list()).filter(({ disk }) => !resting.has(disk));
      const [used, free] = [whole?.used ?? 0, whole?.available ?? 0];
      // What a clone shares is not in its `used`: zfsprops(7).
      return { total: used + free, free, luns: luns.length, promised: promisedBytes(luns, 0) };
    },
    seeds: async () => [
      ...new Set(
        (await volumes()).flatMap(({ name }) => {
          const own = ownVolume('zfs', name);
          return own?.kind === 'seed' ? [own.release] : [];
        }),
      ),
    ],
    removeSeed: (release) => drop([seedName('zfs', release), `${seedName('zfs', release)}${PARTIAL}`]),
  };
}

async function readRows({ run }: TargetHost, dataset: string): Promise<readonly Row[]> {
  const how = ['-H', '-p', '-o', 'name,used,available,volsize', '-t', 'filesystem,volume', '-d', '1'];
  const { stdout } = await run(['zfs', 'list', ...how, dataset], {
    doing: `list the volumes of ${dataset}`,
    quiet: true,
  });
  return stdout
    .split('\n')
    .flatMap((line) => {
      const [name, used, available, volsize] = line.split('\t');
      if (name === undefined || volsize === undefined) return [];
      return [
        {
          name: name.slice(dataset.length + 1),
          used: Number(used),
          available: Number(available),
          bytes: Number(volsize),
        },
      ];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
