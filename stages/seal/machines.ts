/** Programs and kernel modules of a root tree that are for another machine than the tree: a mixed one boots, and fails later. */
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../../pipeline/stage.js';
import { ELF_HEAD_BYTES, elfArchitecture } from './elf.js';

interface Kind {
  readonly folders: readonly string[];
  /** Architectures of the files there that work in a root of each. */
  readonly fit: Readonly<Record<Architecture, readonly string[]>>;
}

const KINDS: readonly Kind[] = [
  {
    folders: ['usr/bin', 'usr/sbin', 'bin', 'sbin'],
    fit: { amd64: ['amd64', 'i386'], arm64: ['arm64', 'armhf'], armhf: ['armhf'] },
  },
  {
    folders: ['usr/lib/modules'],
    // Raspberry Pi OS of 32 bits has a kernel of 64 bits beside.
    fit: { amd64: ['amd64'], arm64: ['arm64'], armhf: ['armhf', 'arm64'] },
  },
];

/** The first that does not work there. What is no ELF file, as a script or a compressed module, is not looked at. */
export function misfit(
  rootfs: string,
  architecture: Architecture,
): { readonly path: string; readonly found: string } | undefined {
  for (const { folders, fit } of KINDS) {
    for (const path of folders.flatMap((folder) => filesBelow(rootfs, folder))) {
      const found = machineOf(join(rootfs, path));
      if (found !== undefined && !fit[architecture].includes(found)) return { path: `/${path}`, found };
    }
  }
  return undefined;
}

/** Regular files; links are not followed, be it to a folder, as /bin is mostly. */
function filesBelow(rootfs: string, folder: string): string[] {
  if (!isFolder(rootfs, folder)) return [];
  return readdirSync(join(rootfs, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(rootfs, path);
    return entry.isFile() ? [path] : [];
  });
}

function isFolder(rootfs: string, path: string): boolean {
  const parts = path.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));
  return parts.every(
    (part) => lstatSync(join(rootfs, part), { throwIfNoEntry: false })?.isDirectory() === true,
  );
}

/** Thousands of small reads: by promises they take many times as long. */
function machineOf(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(ELF_HEAD_BYTES);
    if (
      readSync(file, header, 0, ELF_HEAD_BYTES, 0) < ELF_HEAD_BYTES ||
      header.readUInt32BE(0) !== 0x7f454c46
    )
      return undefined;
    return elfArchitecture(header);
  } finally {
    closeSync(file);
  }
}
