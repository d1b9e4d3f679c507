/** The boot programs that clients load first, as the distribution's packages on this machine have them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { PC } from '../platform/pc.js';
import type { HostFile } from '../platform/platform.js';

export interface BootBinary {
  /** Its name below the TFTP root. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BootBinaries {
  /** Version of the package `ipxe`. */
  readonly version: string;
  /** By package: `{ ipxe: '1.0.0+git-…', … }`. */
  readonly packages: Readonly<Record<string, string>>;
  readonly files: readonly BootBinary[];
}

/** For a plain PXE ROM of a BIOS, for a plain UEFI, and for PXELINUX. */
const IPXE = [PC.firmware.bios.program, PC.firmware.uefi.program, PC.pxelinuxProgram].map(({ path }) => path);
/** For networks whose DHCP server hands out PXELINUX; taken along where both are installed. */
const PXELINUX = ['/usr/lib/PXELINUX/pxelinux.0', '/usr/lib/syslinux/modules/bios/ldlinux.c32'];

/** One of them. @throws Failure of kind `host` when it is not there */
export function ipxeProgram({ path }: HostFile): Promise<BootBinary> {
  return read(path);
}

/** @throws Failure of kind `host` when the package `ipxe` is not installed, or without dpkg-query */
export async function ipxeBinaries(ports: Pick<Ports, 'run'>): Promise<BootBinaries> {
  const packages = await installed(['ipxe', 'pxelinux', 'syslinux-common'], ports);
  const version = packages['ipxe'];
  if (version === undefined) throw missing('the package is not installed');
  const complete = packages['pxelinux'] !== undefined && packages['syslinux-common'] !== undefined;
  const files = await Promise.all([...IPXE, ...(complete ? PXELINUX : [])].map(read));
  return { version, packages, files };
}

async function read(path: string): Promise<BootBinary> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw missing(`${path}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`);
  });
  return { name: basename(path), bytes };
}

async function installed(
  names: readonly string[],
  { run }: Pick<Ports, 'run'>,
): Promise<Record<string, string>> {
  const { stdout } = await run(
    ['dpkg-query', '--show', '--showformat=${db:Status-Abbrev} ${Package} ${Version}\\n', ...names],
    // 1: some of them are not known.
    { doing: 'ask for the versions of the boot programs', quiet: true, okExitCodes: [0, 1] },
  );
  const words = stdout.split('\n').map((line) => line.split(/ +/));
  return Object.fromEntries(
    words.flatMap(([status, name, version]) =>
      status === 'ii' && name && version ? [[name, version] as const] : [],
    ),
  );
}

function missing(found: string): Failure {
  return new Failure('host', {
    what: 'The boot programs of iPXE are not on this machine.',
    expected: `${IPXE.join(', ')} of the package ipxe`,
    found,
    hint: 'Install it: apt-get install ipxe.',
  });
}
