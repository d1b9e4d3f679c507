/** Gathers firmware, device trees, kernel and initramfs of a root tree in one folder. */
import { appendFile, chmod, copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { Failure } from '../../base/failure.js';
import type { Architecture } from '../../pipeline/stage.js';
import { readKernelVersion } from '../boot-artifacts/kernel.js';
import type { KernelFiles } from '../distribution/topics.js';
import type { RootTree } from '../rootfs/tree.js';

const { folder, files } = RASPBERRY_PI;
/** bootcode.bin, and the firmware of the VideoCore in its variants. */
const FIRMWARE = /^(bootcode\.bin|start.*\.elf|fixup.*\.dat)$/;
const DEVICE_TREE = /^bcm2.*\.dtb$/;
/** Kernels and initramfs that the firmware finds by their names where config.txt names none, as an imported system has them. */
const FOUND_BY_NAME = /^(?:kernel(?:7|7l|8|_2712)?\.img|initramfs(?:7|7l|8|_2712)?)$/;
/** What follows it in memory begins at a multiple (Linux, buffer-format.rst). */
const ALIGNMENT = 4;

export interface FilledFolder {
  /** Of the kernel, as `uname -r` says it. */
  readonly version: string;
  /** What config.txt must say for this kernel. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * What lies there already, as in an imported system, stays unless the tree has a newer one of the same name; but not the kernels and
 * initramfs of before, which nothing starts any more.
 * @throws Failure of kind `recipe` when the tree lacks something, `integrity` for a kernel of another architecture
 */
export async function fillFolder(
  tree: RootTree,
  kernel: KernelFiles,
  architecture: Architecture,
): Promise<FilledFolder> {
  const { raspberryPi } = kernel;
  if (raspberryPi === undefined) {
    throw new Failure('recipe', {
      what: 'The distribution of the root tree has no firmware for a Raspberry Pi.',
      expected: 'a distribution with a kernel and firmware for it, such as Debian',
    });
  }
  const pair = await kernel.find(tree);
  const version = await readKernelVersion(pair.kernel, architecture);
  await tree.directory(folder.inRoot, { mode: 0o755 });
  const into = await tree.locate(folder.inRoot);
  const { firmware } = raspberryPi;
  const there = (pattern: RegExp) =>
    tree.names(folder.inRoot).then((names) => names.filter((name) => pattern.test(name)));
  await copyMatching(tree, firmware.folder, FIRMWARE, into);
  if ((await there(FIRMWARE)).length === 0) {
    throw new Failure('recipe', {
      what: `The root tree has no firmware of a Raspberry Pi: ${firmware.folder} is empty or not there.`,
      hint: `Add \`${firmware.package}\` to a \`packages\` step; the archive has it in \`non-free-firmware\` (\`components\` of the first step).`,
    });
  }
  let trees: readonly string[] = [];
  for (const each of raspberryPi.deviceTrees(version)) {
    if (trees.length === 0) trees = await copyMatching(tree, each, DEVICE_TREE, into);
  }
  if (trees.length === 0) trees = await there(DEVICE_TREE);
  if (trees.length === 0) {
    throw new Failure('recipe', {
      what: `The root tree has no device trees for Linux ${version}.`,
      expected: `bcm2….dtb in ${raspberryPi.deviceTrees(version).join(' or ')}`,
    });
  }
  for (const name of await there(FOUND_BY_NAME)) await tree.remove(`${folder.inRoot}/${name}`);
  await copyPlain(pair.kernel, join(into, files.kernel));
  await copyAligned(pair.initramfs, join(into, files.initramfs));
  return { version, settings: raspberryPi.settings(trees) };
}

/** @returns their names */
async function copyMatching(tree: RootTree, from: string, pattern: RegExp, into: string): Promise<string[]> {
  const names = (await tree.names(from)).filter((name) => pattern.test(name));
  for (const name of names) {
    const source = await tree.resolve(`${from}/${name}`);
    if (source !== undefined) await copyPlain(source, join(into, name));
  }
  return names;
}

async function copyPlain(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o644);
}

async function copyAligned(from: string, to: string): Promise<void> {
  const { size } = await stat(from);
  if (size === 0) {
    throw new Failure('integrity', {
      what: 'The initramfs is empty.',
      found: `${from}: 0 bytes`,
      hint: 'Look at the log of the step that makes it (`uses: initramfs`).',
    });
  }
  await copyPlain(from, to);
  await appendFile(to, Buffer.alloc(-size & (ALIGNMENT - 1)));
}
