/** What a system is imported from, whatever form it has: asked for single files, then put into the root tree. */
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ext4Tree } from '../../artifacts/formats/ext4-read/tree.js';
import { treeArchive } from '../../artifacts/formats/file-tree/archive.js';
import { writtenRanges } from '../../artifacts/formats/file-tree/content.js';
import { EXTRACT } from '../../artifacts/formats/tar-extract.js';
import { tarArchive } from '../../artifacts/formats/tar-write.js';
import type { Argv, Ports } from '../../base/ports.js';
import { removeTree } from '../../base/remove-tree.js';
import type { StageContext } from '../../pipeline/stage.js';
import { rootTree } from '../rootfs/tree.js';
import { type Ext4Part, openDiskImage } from './root.js';
import type { ReadTree } from './system.js';
import { asWhole, unpack } from './unpack.js';

export interface SourceWishes {
  /** Absolute path of a file or a folder. */
  readonly path: string;
  /** Of a file. */
  readonly sha256: string | undefined;
  readonly partition: number | undefined;
  /** Absolute paths in the system, with wildcards of tar(1). */
  readonly exclude: readonly string[];
}

type Context = Pick<StageContext<unknown>, 'rootfs' | 'run' | 'bootstrap' | 'scratch' | 'warn' | 'progress'>;

export interface Source extends AsyncDisposable {
  /** Bytes that its files take at least, as far as that is known before they are read. */
  readonly bytes?: number;
  /** Absent for a tar, in which links cannot be followed. */
  readonly read?: ReadTree;
  /** Text of a file that is no link; undefined when there is none. */
  readonly text: (path: string) => Promise<string | undefined>;
  /** Puts all of it into the root tree. */
  extract(ctx: Context): Promise<void>;
}

/** @param scratch an empty folder, for what has to be unpacked; it is removed */
export async function openSource(wishes: SourceWishes, scratch: string, ports: Ports): Promise<Source> {
  const { path, sha256, partition, exclude } = wishes;
  const folder = await stat(path);
  if (folder.isDirectory()) return treeSource(path, exclude);
  await mkdir(scratch, { recursive: true });
  const remove = () => removeTree(scratch);
  try {
    const unpacked = await unpack({ path, sha256: sha256 ?? '' }, scratch, ports);
    if (unpacked.kind === 'tar') {
      const { size } = await stat(unpacked.path);
      const source = tarSource({ path: unpacked.path, name: path }, exclude, ports);
      return { ...source, bytes: size, [Symbol.asyncDispose]: remove };
    }
    const image = await openDiskImage({ path: unpacked.path, name: path }, partition, ports.run);
    const ext4 = [image.root, ...image.mounts.flatMap((mount) => mount.ext4 ?? [])];
    return {
      bytes: ext4.reduce((sum, { tree }) => sum + fileBytes(tree), 0),
      read: image.read,
      text: async (name) => (await image.read(name))?.toString('utf8'),
      extract: async (ctx) => {
        await extractExt4(ctx, image.root, '/', exclude);
        for (const { at, part, ext4 } of image.mounts) {
          if (ext4 !== undefined) await extractExt4(ctx, ext4, at, exclude);
          else await extractFat(ctx, { image: `${unpacked.path}@@${part.offset}`, name: path }, at);
        }
      },
      [Symbol.asyncDispose]: async () => {
        await image[Symbol.asyncDispose]();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Bytes of the content of all files, each file once whatever names it has. */
function fileBytes({ files, inodes }: Ext4Tree): number {
  const sizes = new Map<number, number>();
  for (const { type, inode: number, size } of files.values()) {
    const inode = inodes.get(number);
    if (type !== 'file' || inode === undefined) continue;
    sizes.set(
      number,
      writtenRanges(size, inode).reduce((sum, { start, end }) => sum + end - start, 0),
    );
  }
  return [...sizes.values()].reduce((sum, each) => sum + each, 0);
}

/**
 * Options of tar(1) that leave these paths out, of an archive whose names begin at the mount point: with `./` or without.
 * @param exclude absolute paths in the system
 */
function leavingOut(exclude: readonly string[], at = '/'): string[] {
  const base = at === '/' ? '/' : `${at}/`;
  const below = exclude.filter((path) => path.startsWith(base)).map((path) => path.slice(base.length));
  if (below.length === 0) return [];
  const patterns = below.flatMap((path) => [`--exclude=./${path}`, `--exclude=${path}`]);
  return ['--anchored', '--wildcards', '--no-wildcards-match-slash', ...patterns];
}

async function extractExt4(
  ctx: Context,
  { volume, tree }: Ext4Part,
  at: string,
  exclude: readonly string[],
): Promise<void> {
  const archive = treeArchive(volume, tree);
  const target = await makeFolder(ctx, at);
  const argv: Argv = [...EXTRACT, ...leavingOut(exclude, at), `--directory=${target}`, '--file=-'];
  const stream = tarArchive(archive.entries);
  await ctx.bootstrap(argv, { doing: `copy the files of ${volume.name}`, stream }, []);
  const own = tree.files.get('/');
  if (own !== undefined) {
    await chown(target, own.uid, own.gid);
    await chmod(target, own.mode);
  }
  // A system makes the nodes of /dev at its boot.
  const lost = archive.leftOut.filter((path) => at !== '/' || !path.startsWith('/dev/'));
  if (lost.length > 0) {
    ctx.warn(
      `Device nodes and sockets are not imported: ${few(lost)}.`,
      'Let the system make them at its boot, by a file in /etc/tmpfiles.d.',
    );
  }
  if (archive.withoutAttributes.length > 0) {
    ctx.warn(`These extended attributes are not imported: ${few(archive.withoutAttributes)}.`);
  }
}

/** FAT has neither owners nor modes: all are root's, and world-readable. */
async function extractFat(
  ctx: Context,
  { image, name }: { readonly image: string; readonly name: string },
  mount: string,
): Promise<void> {
  const target = await makeFolder(ctx, mount);
  const doing = `copy the files of ${mount}`;
  const env = { MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1' };
  await asWhole(name, `a FAT that can be read, for ${mount}`, async () => {
    await ctx.run(['mcopy', '-i', image, '-s', '-m', '-p', '-Q', '-n', '::/*', target], { doing, env });
  });
  await ctx.run(['chmod', '--recursive', 'u=rwX,go=rX', target], { doing, quiet: true });
}

async function makeFolder(ctx: Context, at: string): Promise<string> {
  const tree = rootTree(ctx.rootfs);
  if ((await tree.resolve(at)) === undefined) await tree.directory(at);
  return (await tree.resolve(at)) ?? ctx.rootfs;
}

function few(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

function tarSource(
  { path, name: given }: { readonly path: string; readonly name: string },
  exclude: readonly string[],
  { run }: Ports,
): Omit<Source, typeof Symbol.asyncDispose> {
  return {
    text: async (name) => {
      // Archives are made of `.` or of the names in it; those that are not there are no failure.
      const names = [`.${name}`, name.slice(1)];
      const argv: Argv = [
        'tar',
        '--extract',
        '--to-stdout',
        '--occurrence=1',
        `--file=${path}`,
        '--',
        ...names,
      ];
      const options = { doing: `read ${name} of ${given}`, quiet: true, okExitCodes: [0, 2] };
      const { stdout } = await run(argv, options);
      return stdout === '' ? undefined : stdout;
    },
    extract: async (ctx) => {
      const argv: Argv = [
        ...EXTRACT,
        '--exclude=./dev/*',
        '--exclude=dev/*',
        ...leavingOut(exclude),
        `--directory=${ctx.rootfs}`,
      ];
      await asWhole(given, 'a whole tar', async () => {
        await ctx.bootstrap([...argv, `--file=${path}`], { doing: `unpack ${given}` }, [path]);
      });
    },
  };
}

function treeSource(path: string, exclude: readonly string[]): Source {
  return {
    read: readFrom(path),
    text: rootTree(path).read,
    extract: async (ctx) => {
      const to = join(ctx.scratch, 'tree.tar');
      const options = [
        ...['--numeric-owner', '--xattrs', '--sparse', '--one-file-system', '--exclude=./dev/*'],
        ...leavingOut(exclude),
      ];
      const doing = `copy the files of ${path}`;
      await ctx.run(['tar', '--create', ...options, `--directory=${path}`, `--file=${to}`, '.'], { doing });
      await ctx.bootstrap([...EXTRACT, `--directory=${ctx.rootfs}`, `--file=${to}`], { doing }, [to]);
      await rm(to, { force: true });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Files of a tree on the host, with links as the booted system would follow them. */
export function readFrom(path: string): ReadTree {
  const tree = rootTree(path);
  return async (name) => {
    const found = await tree.resolve(name);
    return found === undefined ? undefined : readFile(found);
  };
}
