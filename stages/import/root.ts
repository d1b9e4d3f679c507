/** The root file system of a disk image, and what the image mounts in it. */
import { open } from 'node:fs/promises';
import { type Ext4Tree, readExt4Tree } from '../../artifacts/formats/ext4-read/tree.js';
import { readContent } from '../../artifacts/formats/file-tree/content.js';
import type { FileEntry } from '../../artifacts/formats/file-tree/tree.js';
import type { Volume } from '../../artifacts/formats/file-tree/volume.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type Content, type Part, partsOf } from './disk.js';

export interface Ext4Part {
  readonly part: Part;
  readonly volume: Volume;
  readonly tree: Ext4Tree;
}

/** Another file system of the image, and where its own fstab mounts it. */
export interface Mounted {
  readonly at: string;
  readonly part: Part;
  /** Absent: FAT. */
  readonly ext4?: Ext4Part;
}

export interface DiskImage extends AsyncDisposable {
  readonly root: Ext4Part;
  /** Parents first. */
  readonly mounts: readonly Mounted[];
  /** Content of a file of the root, links followed; undefined when there is none. */
  read(path: string): Promise<Buffer | undefined>;
}

/** What to do about a partition that could have been the root. */
const INSTEAD: Readonly<Partial<Record<Content, string>>> = {
  LUKS: 'It is encrypted. Open it on a machine that knows the key, and import its tree (`from: FOLDER`) or a tar of it.',
  LVM: 'It is a physical volume of LVM. Copy the logical volume of the root into a file, and import that.',
  btrfs: 'Import its tree (`from: FOLDER`) or a tar of it: of file systems, ext4 and FAT can be read.',
};

/** Told of a file system that cannot be read. */
const UNREAD =
  'Download the image again if it is damaged; else import its tree (`from: FOLDER`) or a tar of it: ext4 is read with blocks of 4096 bytes and the features that mke2fs gives it by itself.';

/**
 * @param image its path, and how messages call it
 * @param wanted number of the partition that is the root; undefined: the one that looks like one
 * @throws Failure of kind `integrity` when there is none that can be read, or `recipe` when there are several
 */
export async function openDiskImage(
  image: { readonly path: string; readonly name: string },
  wanted: number | undefined,
  run: Ports['run'],
): Promise<DiskImage> {
  const { path, name } = image;
  const parts = await partsOf(path, name, run);
  const file = await open(path);
  try {
    const volumes = new Map<number, Ext4Part>();
    for (const part of parts.filter(({ content }) => content === 'ext4')) {
      const where = part.number === 0 ? name : `partition ${part.number} of ${name}`;
      const volume = { file, offset: part.offset, name: where, hint: UNREAD };
      const tree = await readExt4Tree(volume);
      volumes.set(part.number, { part, volume, tree });
    }
    const root = chooseRoot(name, parts, volumes, wanted);
    refuseUnclean(root);
    const read = async (file: string) => readFile(root, file);
    const fstab = (await read('/etc/fstab'))?.toString('utf8') ?? '';
    const mounts = mountsOf(fstab, parts).map(({ at, part }): Mounted => {
      const ext4 = volumes.get(part.number);
      if (ext4 !== undefined) refuseUnclean(ext4);
      return { at, part, ...(ext4 === undefined ? {} : { ext4 }) };
    });
    return { root, mounts, read, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function chooseRoot(
  name: string,
  parts: readonly Part[],
  volumes: ReadonlyMap<number, Ext4Part>,
  wanted: number | undefined,
): Ext4Part {
  const roots = [...volumes.values()].filter(
    ({ part, tree }) =>
      (wanted === undefined || part.number === wanted) &&
      ['/etc/os-release', '/usr/lib/os-release'].some((file) => tree.files.has(file)),
  );
  const [root, other] = roots;
  if (root !== undefined && other === undefined) return root;
  const found = parts.map(({ number, content }) =>
    number === 0 ? content : `partition ${number}: ${content}`,
  );
  if (root !== undefined) {
    throw new Failure('recipe', {
      what: `${name} holds more than one system.`,
      expected: '`partition`, the number of the one to import',
      found: roots.map(({ part }) => `partition ${part.number}`).join(', '),
    });
  }
  const hint = parts
    .filter(({ number }) => wanted === undefined || number === wanted)
    .flatMap(({ content }) => INSTEAD[content] ?? [])[0];
  throw new Failure('integrity', {
    what: `${name} holds no root file system that can be read.`,
    expected: `${wanted === undefined ? 'a partition' : `partition ${wanted}`} with ext4 and /etc/os-release in it`,
    found: found.join(', '),
    hint: hint ?? 'Import its tree (`from: FOLDER`) or a tar of it.',
  });
}

function refuseUnclean({ volume, tree }: Ext4Part): void {
  const { unclean } = tree.superblock;
  if (unclean === undefined) return;
  throw new Failure('integrity', {
    what:
      unclean === 'journal'
        ? `The file system in ${volume.name} was not unmounted: its journal holds changes that are not in place.`
        : `The file system in ${volume.name} is marked as damaged.`,
    expected: 'a file system that was unmounted or checked',
    hint: `Check it in a copy of the image: \`e2fsck -f -y 'COPY?offset=${volume.offset}'\`, and give the digest of that one.`,
  });
}

/** Pure: partitions that the system mounts, by its fstab(5); the root and swap are none. */
export function mountsOf(
  fstab: string,
  parts: readonly Part[],
): { readonly at: string; readonly part: Part }[] {
  const found = fstab.split('\n').flatMap((line) => {
    const [spec = '', at = '', type = ''] = line.trim().split(/\s+/);
    if (spec.startsWith('#') || !at.startsWith('/') || at === '/' || type === 'swap') return [];
    const part = parts.find((each) => isNamed(each, spec.replaceAll('"', '')));
    return part !== undefined && (part.content === 'FAT' || part.content === 'ext4')
      ? [{ at: at.replaceAll('\\040', ' '), part }]
      : [];
  });
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

function isNamed({ names, number }: Part, spec: string): boolean {
  if (names.some((name) => name.toLowerCase() === spec.toLowerCase())) return true;
  return number > 0 && new RegExp(`^/dev/(?:[a-z]+|\\w*\\dp)${number}$`).test(spec);
}

/** As path_resolution(7): so many links in one path. */
const MAX_LINKS = 40;

async function readFile({ volume, tree }: Ext4Part, path: string): Promise<Buffer | undefined> {
  const entry = follow(tree, path);
  const inode = entry === undefined ? undefined : tree.inodes.get(entry.inode);
  return entry?.type === 'file' && inode !== undefined ? readContent(volume, entry.size, inode) : undefined;
}

function follow(tree: Ext4Tree, path: string): FileEntry | undefined {
  const left = path.split('/');
  let at: string[] = [];
  let links = 0;
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const entry = tree.files.get(`/${[...at, name].join('/')}`);
    if (entry === undefined) return undefined;
    if (entry.target === undefined) at.push(name);
    else {
      links += 1;
      if (links > MAX_LINKS) return undefined;
      if (entry.target.startsWith('/')) at = [];
      left.unshift(...entry.target.split('/'));
    }
  }
  return tree.files.get(`/${at.join('/')}`);
}
