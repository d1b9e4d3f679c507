/** LUNs that are files in `<root>/clients`: reflinks of the release's image, or sparse copies of it. */
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TargetHost } from '../../host/host.js';
import { hostLayout } from '../../host/layout.js';
import { requireFits } from './file-room.js';
import { growFile } from './grow.js';
import { ASIDE, type CloneName, diskPath, lunAt, PARTIAL } from './names.js';
import { promisedBytes } from './space.js';
import type { Clone, ClonePorts, CloneStore } from './store.js';

/** File systems whose files can share blocks, as stat(1) calls them. */
const SHARING = new Set(['xfs', 'btrfs', 'bcachefs', 'ocfs2', 'zfs', 'nfs']);
/** Milliseconds between looks at a copy. */
const LOOK_MS = 1000;
const FULL = /No space left on device|quota exceeded/i;
/** Of the root, or where it will be: a host that nothing was published to yet has none. */
const SPACE = `
folder=$1
until [ -e "$folder" ]; do folder=$(dirname -- "$folder"); done
exec stat -f -c '%S %b %a %T' -- "$folder"
`;
/** `$1`: what is whole; `$2`: its name. */
const FINISH = 'sync "$1" && exec mv -T -- "$1" "$2"';
/** Hosts on which a reflink was tried, and whether it could be made: one try and one warning for each. */
const reflinks = new WeakMap<TargetHost, boolean>();

export function fileStore(host: TargetHost): CloneStore {
  const { run, facts } = host;
  const layout = hostLayout(facts);
  const at = (name: CloneName) => diskPath({ root: facts.root, clone: { kind: 'file' } }, name);

  const remove = async (name: CloneName, ...endings: readonly string[]) => {
    const disk = at(name);
    const paths = endings.map((ending) => `${disk}${ending}`);
    await run(['rm', '-f', ...paths], { doing: `remove ${disk}`, quiet: true });
    const folder = posix.dirname(disk);
    // Not when they hold others, nor when they are not there.
    const folders = ['rmdir', folder, posix.dirname(folder)] as const;
    await run(folders, { doing: `remove ${folder}`, okExitCodes: [0, 1], quiet: true });
  };
  const discard = (name: CloneName) => remove(name, PARTIAL, ASIDE);

  const make: CloneStore['make'] = async (request, ports, write) => {
    const disk = at(request);
    const partial = `${disk}${PARTIAL}`;
    try {
      // A new file, private from its first byte on.
      await run(['install', '-D', '-m', '0600', '/dev/null', partial], {
        doing: `create ${partial}`,
        quiet: true,
      });
      if (request.from === undefined) {
        await run(['truncate', '-s', String(request.bytes), partial], {
          doing: `make ${partial} as large as its LUN`,
          quiet: true,
        });
        await write?.(partial);
      } else {
        await copy(host, posix.join(layout.release(request.release), request.from), partial, ports);
        if (request.bytes > request.disk.bytes)
          await growFile(run, partial, { ...request, aside: `${disk}${ASIDE}` });
      }
      await run(['sh', '-c', FINISH, 'sh', partial, disk], {
        doing: `put ${disk} in its place`,
        quiet: true,
      });
    } catch (error) {
      // Whatever cannot be removed now is by the next call.
      await discard(request).catch(() => undefined);
      throw error;
    }
  };

  const list = async () => {
    const files = await sizes(host, layout.clients, '*');
    return files.flatMap(({ path, bytes, allocated }): Clone[] => {
      const own = lunAt(facts, path);
      return own === undefined ? [] : [{ ...own.name, disk: path, partial: own.partial, bytes, allocated }];
    });
  };

  const space = async (resting: ReadonlySet<string>) => {
    const argv = ['sh', '-c', SPACE, 'sh', layout.root] as const;
    const { stdout } = await run(argv, { doing: `ask for the space in ${layout.root}`, quiet: true });
    const [unit = '', blocks = '', available = '', type = ''] = stdout.trim().split(' ');
    const luns = (await list()).filter(({ disk }) => !resting.has(disk));
    // The largest file of a release is its LUN image.
    const images = SHARING.has(type) ? await sizes(host, layout.releases, '*') : [];
    return {
      total: Number(unit) * Number(blocks),
      free: Number(unit) * Number(available),
      luns: luns.length,
      promised: promisedBytes(luns, Math.max(0, ...images.map(({ allocated }) => allocated))),
    };
  };

  return {
    check: (requests) => requireFits(host, requests),
    size: async (name) => {
      const { exitCode, stdout } = await run(['stat', '-c', '%s', at(name)], {
        doing: `look for ${at(name)}`,
        okExitCodes: [0, 1],
        quiet: true,
      });
      return exitCode === 0 ? Number(stdout) : undefined;
    },
    make,
    remove: (name) => remove(name, '', PARTIAL, ASIDE),
    discard,
    list,
    space,
    seeds: () => Promise.resolve([]),
    removeSeed: () => Promise.resolve(),
  };
}

async function copy(
  host: TargetHost,
  image: string,
  partial: string,
  { emit, copied }: ClonePorts,
): Promise<void> {
  const { run, facts } = host;
  if (reflinks.get(host) !== false) {
    const { exitCode, stderr } = await run(['cp', '--reflink=always', image, partial], {
      doing: `clone ${image}`,
      okExitCodes: [0, 1],
      quiet: true,
    });
    if (exitCode === 0) {
      reflinks.set(host, true);
      return;
    }
    // A disk that is full says nothing of what its file system can do; the copy fails and tells it.
    if (!FULL.test(stderr) && reflinks.get(host) === undefined) {
      reflinks.set(host, false);
      emit({
        type: 'warning',
        message: `The file system of ${facts.root} on ${facts.name} cannot share blocks between files: each LUN is a whole copy of its image.`,
        hint: 'XFS and btrfs, LVM thin pools and ZFS make LUNs at once, and none takes space but for what its client changes.',
      });
    }
  }
  const copying = run(['cp', '--sparse=always', image, partial], { doing: `copy ${image}` });
  if (copied !== undefined) void tellOfCopy(host, { image, partial }, copying, copied);
  await copying;
}

/** Looks at what a copy takes by now, every second until it has ended. */
async function tellOfCopy(
  host: TargetHost,
  { image, partial }: { readonly image: string; readonly partial: string },
  copying: Promise<unknown>,
  copied: NonNullable<ClonePorts['copied']>,
): Promise<void> {
  let ended = false;
  const end = copying.catch(() => undefined).then(() => (ended = true));
  const allocated = async (path: string) => (await sizes(host, path, '*'))[0]?.allocated ?? 0;
  try {
    const total = await allocated(image);
    for (;;) {
      await Promise.race([end, delay(LOOK_MS, undefined, { ref: false })]);
      if (ended) return;
      const done = Math.min(await allocated(partial), total);
      if (!ended) copied({ done, total });
    }
  } catch {
    // That it cannot be looked at the copy itself tells.
  }
}

interface FileSize {
  readonly path: string;
  readonly bytes: number;
  readonly allocated: number;
}

/** All files below a path whose names match a pattern, in the order of their paths; none when the path is not there. */
async function sizes({ run }: TargetHost, path: string, pattern: string): Promise<readonly FileSize[]> {
  const there = await run(['test', '-e', path], {
    doing: `look for ${path}`,
    okExitCodes: [0, 1],
    quiet: true,
  });
  if (there.exitCode !== 0) return [];
  const each = ['-exec', 'stat', '-c', '%s %b %n', '{}', '+'];
  const { stdout } = await run(['find', path, '-type', 'f', '-name', pattern, ...each], {
    doing: `list the files of ${path}`,
    quiet: true,
  });
  return stdout
    .split('\n')
    .flatMap((line) => {
      const [, bytes, blocks, name] = /^(\d+) (\d+) (.+)$/.exec(line) ?? [];
      // Blocks of 512 bytes: stat(2).
      return name === undefined
        ? []
        : [{ path: name, bytes: Number(bytes), allocated: Number(blocks) * 512 }];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
