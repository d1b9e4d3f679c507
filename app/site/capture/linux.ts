/** A Linux on a LUN that its client has left: made nobody's, and asked what it boots by and what is installed. */
import { createWriteStream } from 'node:fs';
import { appendFile, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SECTOR } from '../../../artifacts/formats/disk-layout.js';
import { discardFree, type Ext4Place, editExt4, mendExt4 } from '../../../artifacts/formats/ext4-edit.js';
import { readExt4Tree } from '../../../artifacts/formats/ext4-read/tree.js';
import type { Architecture } from '../../../artifacts/platform/architecture.js';
import { type Contents, findEntry } from '../../../artifacts/release/contents/contents.js';
import { openImage } from '../../../artifacts/release/contents/image.js';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import { artifactOf } from '../../../artifacts/release/roles.js';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import type { ReleaseThere } from '../../../hosts/publish/releases-there.js';
import { readKernelVersion } from '../../../stages/boot-artifacts/kernel.js';
import { distributions } from '../../../stages/distribution/index.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { identityOf } from './identity.js';

/** For events. */
export const TASK = 'capture';
/** The kernel looks for the next archive of an initramfs at multiples of this. */
const ALIGNMENT = 4;

export interface Captured {
  /** The release that the LUN is a clone of. */
  readonly release: ReleaseThere;
  /** Becomes the release; the LUN image is there. */
  readonly staging: string;
  readonly scratch: string;
  readonly ports: Ports;
}

/** Takes what belongs to one machine out of the image, and kernel and initramfs out of its root. */
export async function linuxOf(
  { staging, scratch, ports, release }: Captured,
  base: Manifest,
  file: string,
): Promise<Pick<Manifest, 'kernel' | 'packages'>> {
  const { run } = ports;
  for (const { name, filesystem, mount, firstLba, sectors } of base.disk.partitions) {
    const offset = firstLba * SECTOR;
    // Memory of the machine.
    if (filesystem === 'swap') await forgetSwap(run, file, offset, sectors * SECTOR);
    if (filesystem !== 'ext4') continue;
    const place: Ext4Place = { image: file, offset, name: `partition ${name} of the LUN`, scratch };
    await mendExt4(run, place);
    if (mount === '/') await forgetMachine(ports, place);
    await discardFree(run, place);
  }
  const distribution = distributions.get(base.distribution?.id ?? '');
  if (distribution === undefined) return base;
  await using contents = await openImage({ path: staging, manifest: base, digest: '', proofs: [] });
  const { kernel, initramfs } = distribution.kernel.boot;
  const at = (role: 'kernel' | 'initramfs') => artifactOf(release.manifest, role)?.path;
  const [kernelPath, initramfsPath] = [at('kernel'), at('initramfs')];
  if (kernelPath !== undefined) await takeOut(contents, kernel, join(staging, kernelPath));
  if (initramfsPath !== undefined) {
    await takeOut(contents, initramfs, join(staging, initramfsPath));
    const { size } = await stat(join(staging, initramfsPath));
    await appendFile(join(staging, initramfsPath), Buffer.alloc(-size & (ALIGNMENT - 1)));
  }
  const tree = join(scratch, 'tree');
  await takeDatabases(contents, tree);
  const packages = [...(await distribution.software.installed(rootTree(tree)))];
  if (kernelPath === undefined || base.kernel === undefined) return { packages };
  const version = await readKernelVersion(join(staging, kernelPath), base.architecture as Architecture);
  return { packages, kernel: { ...base.kernel, version } };
}

async function forgetMachine({ run, emit }: Ports, place: Ext4Place): Promise<void> {
  const filesOf = async () => {
    await using file = await open(place.image, 'r');
    return (await readExt4Tree({ file, offset: place.offset, name: place.name })).files;
  };
  const identity = identityOf(await filesOf());
  await editExt4(run, place, identity);
  const after = await filesOf();
  const still = identity.remove.find((path) => after.has(path) && !identity.replace.has(path));
  const missing = [...identity.replace.keys()].find((path) => !after.has(path));
  if (still !== undefined || missing !== undefined) {
    throw new Failure('integrity', {
      what: `What belongs to one machine could not be taken out of ${place.name}.`,
      found: still ?? missing ?? '',
    });
  }
  for (const message of identity.left) emit({ type: 'warning', task: TASK, message });
}

/** All but the first page, which tells what it is (mkswap(8)). */
async function forgetSwap(run: Ports['run'], file: string, offset: number, bytes: number): Promise<void> {
  const PAGE = 4096;
  const range = ['--offset', String(offset + PAGE), '--length', String(bytes - PAGE)];
  await run(['fallocate', '--punch-hole', ...range, file], {
    doing: 'empty the swap of the LUN',
    quiet: true,
  });
}

async function takeOut(contents: Contents, path: string, to: string): Promise<void> {
  const { content, size } = findEntry(contents, path);
  if (content === undefined || size === 0) {
    throw new Failure('integrity', { what: `${path} of the LUN is no file that a machine could boot by.` });
  }
  await pipeline(content(), createWriteStream(to, { mode: 0o644 }));
}

/** What package managers know of what is installed. */
async function takeDatabases({ entries }: Contents, tree: string): Promise<void> {
  for (const { path, content } of entries.values()) {
    if (content === undefined) continue;
    if (path !== '/var/lib/dpkg/status' && !path.startsWith('/var/lib/pacman/local/')) continue;
    const to = join(tree, path);
    await mkdir(dirname(to), { recursive: true });
    await pipeline(content(), createWriteStream(to));
  }
}
