/**
 * The archive that the installed bootstrap tools would use by themselves: it is read where they write it down, so that this
 * project prefers no server over another.
 */
import { readFile } from 'node:fs/promises';
import type { Vendor } from '../distribution/debian/apt/vendor.js';

type Places = readonly (readonly [path: string, setting: RegExp])[];

const DEBIAN_PLACES: Places = [
  ['/usr/bin/mmdebstrap', /^\s*my \$mirror\s*=\s*'(https?:\/\/[^']+)'/m],
  ['/usr/share/debootstrap/scripts/sid', /^\s*default_mirror (https?:\/\/\S+)/m],
];
/** Ubuntu keeps two architectures in one archive, and all others in that of its ports. */
const UBUNTU_ARCHIVE = /(?:default_mirror |')(https?:\/\/archive\.[^\s']+\/ubuntu)(?:'|$)/m;
const UBUNTU_PORTS = /(?:default_mirror |')(https?:\/\/\S+\/ubuntu-ports)(?:'|$)/m;
const UBUNTU_FILES = ['/usr/bin/mmdebstrap', '/usr/share/debootstrap/scripts/gutsy'];

/** Where the tools write it down. */
export function archivePlaces(vendor: Vendor, architecture: string): Places {
  if (vendor.name === 'Debian') return DEBIAN_PLACES;
  return UBUNTU_FILES.map((path) => [path, isPort(architecture) ? UBUNTU_PORTS : UBUNTU_ARCHIVE] as const);
}

/** Whether Ubuntu has an architecture among its ports. */
export function isPort(architecture: string): boolean {
  return architecture !== 'amd64' && architecture !== 'i386';
}

/** Its address, or undefined when no tool tells. */
export async function defaultArchive(places = DEBIAN_PLACES): Promise<string | undefined> {
  for (const [path, setting] of places) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const url = setting.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  return undefined;
}
