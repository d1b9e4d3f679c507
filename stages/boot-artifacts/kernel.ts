/** What a kernel's own header says. */
import { open } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Architecture } from '../../pipeline/stage.js';
import type { RootTree } from '../rootfs/tree.js';

/** Bytes that hold every header that is looked at, with the version's text (Linux Documentation/arch/x86/boot.rst). */
const HEAD_BYTES = 64 * 1024;

/**
 * The release of a kernel image, as `uname -r` will say.
 * @param path the kernel; of an ARM one the name tells it: `vmlinuz-RELEASE`
 * @throws Failure of kind `integrity` for what is no kernel of this architecture
 */
export async function readKernelVersion(path: string, architecture: Architecture): Promise<string> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    const { version: versionOf, expected } = KERNELS[architecture];
    const version = versionOf(head.subarray(0, bytesRead), path);
    if (version !== undefined) return version;
    throw new Failure('integrity', {
      what: `${path} is not a Linux kernel for ${architecture}.`,
      expected,
      found: `${bytesRead} bytes without it`,
    });
  } finally {
    await file.close();
  }
}

/**
 * Kernel and root belong together: where the root has modules, it has those of this kernel.
 * @throws Failure of kind `integrity` where it has those of others alone
 */
export async function requireModules(tree: Pick<RootTree, 'names'>, version: string): Promise<void> {
  const found = await tree.names('/usr/lib/modules');
  if (found.length === 0 || found.includes(version)) return;
  throw new Failure('integrity', {
    what: `The root tree has no modules of its kernel, Linux ${version}.`,
    expected: `/usr/lib/modules/${version}`,
    found: `modules of ${found.join(', ')}`,
    hint: 'Install the kernel by its package, and let no step replace or remove a part of it.',
  });
}

/** The boot protocol's `kernel_version`: offset, less 512, of a text that begins with the release. */
function bzImageVersion(head: Buffer): string | undefined {
  if (head.length < 0x210 || head.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined;
  const start = head.readUInt16LE(0x20e) + 0x200;
  const end = head.indexOf(0, start);
  return end === -1 ? undefined : /^\S+/.exec(head.toString('latin1', start, end))?.[0];
}

/** An arm64 Image does not tell its version; its name may, as installkernel(8) gives it. */
function arm64Version(head: Buffer, path: string): string | undefined {
  if (head.length < 60 || head.toString('latin1', 56, 60) !== 'ARM\x64') return undefined;
  return versionInName(path);
}

/** Nor does a zImage (Linux Documentation/arch/arm/booting.rst; arch/arm/boot/compressed/head.S). */
function armVersion(head: Buffer, path: string): string | undefined {
  if (head.length < 40 || head.readUInt32LE(36) !== 0x016f2818) return undefined;
  return versionInName(path);
}

function versionInName(path: string): string | undefined {
  return /vmlinuz-([^/]+)$/.exec(path)?.[1];
}

const KERNELS = {
  amd64: { version: bzImageVersion, expected: 'a bzImage (`HdrS` at byte 514)' },
  arm64: { version: arm64Version, expected: 'an arm64 Image (`ARM\\x64` at byte 56)' },
  armhf: { version: armVersion, expected: 'a zImage (0x016f2818 at byte 36)' },
} as const satisfies Record<Architecture, unknown>;
