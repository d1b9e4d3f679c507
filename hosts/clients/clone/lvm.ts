/**
 * LUNs that are thin volumes of LVM: snapshots of one volume for each release. By lvmthin(7), lvcreate(8), lvs(8).
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../../base/failure.js';
import { parseRecord } from '../../../base/schema/record.js';
import type { TargetHost } from '../../host/host.js';
import { hostLayout } from '../../host/layout.js';
import type { CloneKind } from '../../site/facts.js';
import { growDevice } from './grow.js';
import { type CloneName, ownVolume, PARTIAL, seedName, volumeName } from './names.js';
import { promisedBytes } from './space.js';
import type { Clone, CloneStore, CopyRequest } from './store.js';

type Lvm = Extract<CloneKind, { kind: 'lvm' }>;

const COLUMNS = 'lv_name,lv_size,data_percent,metadata_percent';
const reportSchema = z.object({
  report: z.tuple([
    z.object({
      lv: z.array(
        z.object({
          lv_name: z.string(),
          lv_size: z.string(),
          data_percent: z.string(),
          metadata_percent: z.string(),
        }),
      ),
    }),
  ]),
});

interface Volume {
  readonly name: string;
  readonly bytes: number;
  /** Used part in percent, of thin volumes and pools. */
  readonly data: number;
  readonly metadata: number;
}

export function lvmStore(host: TargetHost, { group, pool }: Lvm): CloneStore {
  const { run, facts } = host;
  const device = (volume: string) => posix.join('/dev', group, volume);
  const volumes = () => readVolumes(host, group);
  const drop = async (names: readonly string[]) => {
    const there = (await volumes()).filter(({ name }) => names.includes(name));
    for (const { name } of there) {
      await run(['lvremove', '--yes', `${group}/${name}`], { doing: `remove the volume ${name}` });
    }
  };
  const rename = async (from: string, to: string) => {
    await run(['lvrename', group, from, to], { doing: `put the volume ${to} in its place` });
  };

  /** A thin volume of which nothing is allocated. */
  const create = async (name: string, bytes: number, doing: string) => {
    const how = ['--virtualsize', `${bytes}b`, '--wipesignatures', 'n', '--thinpool', pool, '--name', name];
    await run(['lvcreate', '--yes', '--type', 'thin', ...how, group], { doing });
  };

  const ensureSeed = async (request: CopyRequest) => {
    const { release, disk } = request;
    const seed = seedName('lvm', release);
    const partial = `${seed}${PARTIAL}`;
    if ((await volumes()).some(({ name }) => name === seed)) return seed;
    await drop([partial]);
    await create(partial, disk.bytes, `create a volume for the release ${release}`);
    await fill(host, request, device(partial));
    await run(['lvchange', '--permission', 'r', `${group}/${partial}`], { doing: `protect ${partial}` });
    await rename(partial, seed);
    return seed;
  };

  const make: CloneStore['make'] = async (request, _ports, write) => {
    const volume = volumeName('lvm', request);
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
        return;
      }
      const seed = await ensureSeed(request);
      // Snapshots of thin volumes are otherwise made inactive, and skipped when the host starts.
      const active = ['--permission', 'rw', '--setactivationskip', 'n', '--activate', 'y'];
      await run(['lvcreate', '--yes', '--snapshot', ...active, '--name', partial, `${group}/${seed}`], {
        doing: `clone the volume ${seed}`,
      });
      const made = (await volumes()).find(({ name }) => name === partial)?.bytes ?? request.disk.bytes;
      if (made < request.bytes) {
        await run(['lvextend', '--size', `${request.bytes}b`, `${group}/${partial}`], {
          doing: `enlarge the volume ${partial}`,
        });
      }
      // Volumes are whole extents, and so may be larger than what was asked for.
      const bytes = (await volumes()).find(({ name }) => name === partial)?.bytes ?? request.bytes;
      if (bytes > request.disk.bytes) await growDevice(run, device(partial), request.disk, bytes);
      await run(['sync', device(partial)], { doing: `write ${partial} to the disk` });
      await rename(partial, volume);
    } catch (error) {
      // Whatever cannot be removed now is by the next call.
      await drop([partial]).catch(() => undefined);
      throw error;
    }
  };

  const list = async (all?: readonly Volume[]) =>
    (all ?? (await volumes())).flatMap(({ name, bytes, data }): Clone[] => {
      const own = ownVolume('lvm', name);
      if (own?.kind !== 'lun') return [];
      const allocated = Math.round((bytes * data) / 100);
      return [{ ...own.name, disk: device(name), partial: own.partial, bytes, allocated }];
    });

  const space = async (resting: ReadonlySet<string>) => {
    const all = await volumes();
    const thin = all.find(({ name }) => name === pool);
    if (thin === undefined) throw noPool(facts.name, group, pool, all);
    const luns = (await list(all)).filter(({ disk }) => !resting.has(disk));
    const seeds = all.filter(({ name }) => ownVolume('lvm', name)?.kind === 'seed');
    const shared = Math.max(0, ...seeds.map(({ bytes, data }) => (bytes * data) / 100));
    return {
      total: thin.bytes,
      free: Math.round((thin.bytes * (100 - thin.data)) / 100),
      luns: luns.length,
      promised: Math.round(promisedBytes(luns, shared)),
      pool: { dataPercent: thin.data, metadataPercent: thin.metadata },
    };
  };

  return {
    size: async (name: CloneName) =>
      (await volumes()).find((volume) => volume.name === volumeName('lvm', name))?.bytes,
    check: async () => {
      await space(new Set());
    },
    make,
    remove: (name) => drop([volumeName('lvm', name), `${volumeName('lvm', name)}${PARTIAL}`]),
    discard: (name) => drop([`${volumeName('lvm', name)}${PARTIAL}`]),
    list: () => list(),
    space,
    seeds: async () => [
      ...new Set(
        (await volumes()).flatMap(({ name }) => {
          const own = ownVolume('lvm', name);
          return own?.kind === 'seed' ? [own.release] : [];
        }),
      ),
    ],
    removeSeed: (release) => drop([seedName('lvm', release), `${seedName('lvm', release)}${PARTIAL}`]),
  };
}

/** Fills a volume of which nothing is allocated with a release's image; zeros stay unallocated. */
export async function fill(
  { run, facts }: TargetHost,
  { release, from }: Pick<CopyRequest, 'release' | 'from'>,
  device: string,
): Promise<void> {
  const image = posix.join(hostLayout(facts).release(release), from);
  // By the smallest chunk of a thin pool, lvmthin(7).
  const how = ['bs=64K', 'conv=sparse,notrunc,fsync'];
  await run(['dd', `if=${image}`, `of=${device}`, ...how], {
    doing: `write ${image} to a volume`,
    quiet: true,
  });
}

async function readVolumes({ run, facts }: TargetHost, group: string): Promise<readonly Volume[]> {
  const how = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '--options', COLUMNS];
  const { stdout } = await run(['lvs', ...how, group], {
    doing: `list the volumes of ${group}`,
    quiet: true,
  });
  const what = `What lvs says of ${group}`;
  const { report } = parseRecord(stdout, reportSchema, { file: `lvs on ${facts.name}`, kind: 'tool', what });
  return report[0].lv
    .map((row) => ({
      name: row.lv_name,
      bytes: Number(row.lv_size),
      data: Number(row.data_percent),
      metadata: Number(row.metadata_percent),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function noPool(host: string, group: string, pool: string, all: readonly Volume[]): Failure {
  return new Failure('host', {
    what: `The volume group ${group} on ${host} has no thin pool ${pool}.`,
    expected: `${group}/${pool}`,
    found: all.map(({ name }) => name).join(', ') || 'no volume',
    hint: `Create it: lvcreate --type thin-pool --size SIZE --name ${pool} ${group}`,
  });
}
