/** /etc/fstab by the UUIDs of the recipe's disk, with the options that a root on iSCSI needs. */
import { z } from 'zod';
import type { DiskSpec, PartitionSpec } from '../artifacts/formats/disk-spec.js';
import { defineStage } from '../pipeline/stage.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const mountOption = z.string().regex(/^[^\s,#]+$/, 'one mount option, such as `noatime`');
const optionList = z.array(mountOption).nonempty();
const mountPoint = z.string().regex(/^\/\S*$/, 'an absolute path without spaces');

const options = z.strictObject({
  mounts: z
    .record(mountPoint, optionList)
    .default({})
    .describe(
      'Mount options by mount point, in the place of the default ones. Default: `noatime` for the root, and `errors=remount-ro` on ext4, ' +
        '`umask=0077` and `nofail` for the EFI system partition, `noatime` for others.',
    ),
  'swap-options': optionList
    .default(['nofail', '_netdev'])
    .describe(
      'Options of swap areas. `_netdev` orders them before the network goes where systemd knows it for swap (older ones ignore it: ' +
        'they swap off before they unmount); `nofail` keeps the boot from waiting for them.',
    ),
  entries: z
    .array(
      z.strictObject({
        source: z
          .string()
          .regex(/^\S+$/, 'a source without spaces, such as `LABEL=data`')
          .describe('What to mount: `UUID=…`, `LABEL=…`, `host:/path`, `tmpfs`.'),
        mount: mountPoint.describe('Mount point; it is created.'),
        type: z.string().regex(/^\S+$/, 'a file system type').describe('File system type.'),
        options: optionList
          .default(['defaults'])
          .describe('Mount options. Whatever lies on another LUN needs `_netdev`.'),
        pass: z.int().min(0).max(2).default(0).describe('Order of file system checks at boot; 0: none.'),
      }),
    )
    .default([])
    .describe('More lines.'),
});
type Options = z.output<typeof options>;

/** One line of fstab(5). */
export interface FstabEntry {
  readonly source: string;
  readonly mount: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly pass: number;
}

/**
 * The lines for a disk: mount points before what lies below them, then swap. A root under an overlay has none, since systemd would
 * give its options to the overlay; what else lies on a disk that nobody can write to is mounted read-only.
 */
export function diskEntries(disk: DiskSpec, wishes: Pick<Options, 'mounts' | 'swap-options'>): FstabEntry[] {
  const entries = disk.partitions
    .flatMap((partition) => partitionEntry(partition, wishes))
    .flatMap((entry) => (disk.overlay === undefined ? [entry] : belowOverlay(entry)));
  return entries.sort((a, b) => (a.mount === b.mount ? 0 : a.mount < b.mount ? -1 : 1));
}

function belowOverlay(entry: FstabEntry): FstabEntry[] {
  if (entry.mount === '/') return [];
  const others = entry.options.filter((option) => option !== 'rw' && option !== 'ro');
  return [{ ...entry, options: ['ro', ...others], pass: 0 }];
}

function partitionEntry(
  partition: PartitionSpec,
  wishes: Pick<Options, 'mounts' | 'swap-options'>,
): FstabEntry[] {
  const { filesystem, filesystemUuid, mount } = partition;
  if (filesystem === undefined || filesystemUuid === undefined) return [];
  const source = `UUID=${filesystemUuid}`;
  if (filesystem === 'swap') {
    return [{ source, mount: 'none', type: 'swap', options: ['sw', ...wishes['swap-options']], pass: 0 }];
  }
  if (mount === undefined) return [];
  const mountOptions = [...(wishes.mounts[mount] ?? defaultOptions(partition)), ...growth(partition)];
  return [
    {
      source,
      mount,
      type: filesystem,
      options: mountOptions,
      pass: filesystem === 'ext4' ? (mount === '/' ? 1 : 2) : 0,
    },
  ];
}

/** Btrfs is enlarged while it is mounted only: systemd does that at each boot, by a system call of its own (systemd-growfs(8)). */
function growth({ filesystem, size }: PartitionSpec): string[] {
  return filesystem === 'btrfs' && size === 'grow' ? ['x-systemd.growfs'] : [];
}

/**
 * The root is never `_netdev`: it is there before systemd starts, and must not be unmounted with the network. The other
 * partitions of its LUN are as local as it is. The ESP is for root alone.
 */
function defaultOptions({ type, filesystem, mount }: PartitionSpec): string[] {
  if (mount === '/' && filesystem === 'ext4') return ['noatime', 'errors=remount-ro'];
  if (type === 'esp') return ['umask=0077', 'nofail', 'noatime'];
  return filesystem === 'vfat' ? ['umask=0022', 'noatime'] : ['noatime'];
}

export function fstabText(entries: readonly FstabEntry[]): string {
  return entries
    .map(
      ({ source, mount, type, options: list, pass }) =>
        `${source} ${mount} ${type} ${list.join(',')} 0 ${pass}\n`,
    )
    .join('');
}

export const fstab = defineStage({
  name: 'fstab',
  summary: "Write /etc/fstab by the UUIDs of the recipe's disk.",
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  facts: ['disk'],
  options,
  tools: [],
  check: ({ options: given, recipe }) => {
    const mounts = new Set(recipe.disk.partitions.map(({ mount }) => mount));
    return [
      ...Object.keys(given.mounts).flatMap((mount) =>
        mounts.has(mount)
          ? []
          : [
              {
                path: ['mounts', mount],
                what: `No partition of the disk is mounted on ${mount}.`,
                hint: 'Mounts of other disks are written as `entries`.',
              },
            ],
      ),
      ...(recipe.disk.overlay !== undefined && given.mounts['/'] !== undefined
        ? [
            {
              path: ['mounts', '/'],
              what: `The root is an overlay (\`overlay: ${recipe.disk.overlay}\`), which the initramfs mounts.`,
              hint: 'Leave its options out.',
            },
          ]
        : []),
      ...(given.mounts['/']?.includes('_netdev') === true
        ? [
            {
              path: ['mounts', '/'],
              what: 'The root file system cannot be `_netdev`.',
              hint: 'systemd would try to unmount it before the network goes. Leave `_netdev` out.',
            },
          ]
        : []),
      ...given.entries.flatMap(({ mount }, i) =>
        mounts.has(mount)
          ? [
              {
                path: ['entries', i, 'mount'],
                what: `A partition of the disk is mounted on ${mount} already.`,
              },
            ]
          : [],
      ),
    ];
  },
  async run({ rootfs, recipe, options: given }) {
    const tree = rootTree(rootfs);
    const entries = [...diskEntries(recipe.disk, given), ...given.entries];
    await tree.write('/etc/fstab', fstabText(entries));
    for (const { mount } of entries) {
      if (mount !== 'none' && !(await tree.exists(mount))) await tree.directory(mount);
    }
  },
});
