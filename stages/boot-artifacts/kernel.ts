/** The kernel and the initramfs that a tree boots with, and what the kernel's own header says. */
import { open } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Architecture } from '../../pipeline/stage.js';
import { rootTree } from '../rootfs/tree.js';

export interface BootFiles {
  /** The host's paths. */
  readonly kernel: string;
  readonly initramfs: string;
}

/**
 * What Debian's links `/vmlinuz` and `/initrd.img` lead to, or the newest of /boot.
 * @throws Failure of kind `recipe` when the tree lacks one of them
 */
export async function findBootFiles(rootfs: string): Promise<BootFiles> {
  const tree = rootTree(rootfs);
  const names = await tree.names('/boot');
  const newest = (prefix: string) =>
    names
      .filter((name) => name.startsWith(prefix))
      .sort(byVersion)
      .at(-1);
  const find = async (link: string, prefix: string, hint: string) => {
    const linked = await tree.resolve(link);
    if (linked !== undefined) return linked;
    const name = newest(prefix);
    const found = name === undefined ? undefined : await tree.resolve(`/boot/${name}`);
    if (found !== undefined) return found;
    throw new Failure('recipe', {
      what: `The root tree cannot be booted: there is no ${link} and no /boot/${prefix}VERSION in it.`,
      expected: `${link}, as Debian's kernel packages link it`,
      hint,
    });
  };
  return {
    kernel: await find('/vmlinuz', 'vmlinuz-', 'Install a kernel: `linux-image-amd64`.'),
    initramfs: await find(
      '/initrd.img',
      'initrd.img-',
      'Make it: `uses: initramfs`, after the last step that changes the root.',
    ),
  };
}

/** Numbers in names compare as numbers: 6.1.0-9 comes before 6.1.0-10. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Bytes that hold every header that is looked at, with the version's text (Linux Documentation/arch/x86/boot.rst). */
const HEAD_BYTES = 64 * 1024;

/**
 * The release of a kernel image, as `uname -r` will say.
 * @param path the kernel; it may be of another name than Debian's
 * @throws Failure of kind `integrity` for what is no kernel of this architecture
 */
export async function readKernelVersion(path: string, architecture: Architecture): Promise<string> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    const version = (architecture === 'amd64' ? bzImageVersion : arm64Version)(
      head.subarray(0, bytesRead),
      path,
    );
    if (version !== undefined) return version;
    throw new Failure('integrity', {
      what: `${path} is not a Linux kernel for ${architecture}.`,
      expected:
        architecture === 'amd64'
          ? 'a bzImage (`HdrS` at byte 514)'
          : 'an arm64 Image (`ARM\\x64` at byte 56)',
      found: `${bytesRead} bytes without it`,
    });
  } finally {
    await file.close();
  }
}

/** The boot protocol's `kernel_version`: offset, less 512, of a text that begins with the release. */
function bzImageVersion(head: Buffer): string | undefined {
  if (head.length < 0x210 || head.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined;
  const start = head.readUInt16LE(0x20e) + 0x200;
  const end = head.indexOf(0, start);
  return end === -1 ? undefined : /^\S+/.exec(head.toString('latin1', start, end))?.[0];
}

/** An arm64 Image does not tell its version; Debian's name does. */
function arm64Version(head: Buffer, path: string): string | undefined {
  if (head.length < 60 || head.toString('latin1', 56, 60) !== 'ARM\x64') return undefined;
  return /vmlinuz-([^/]+)$/.exec(path)?.[1];
}
