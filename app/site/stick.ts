/** `lunsmith stick`: the image of a USB stick that leads a machine without PXE to the LUN of its client. */
import { chmod, lstat, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeGrubImage } from '../../artifacts/formats/grub.js';
import { type BootBinary, ipxeBinaries, ipxeProgram } from '../../artifacts/formats/ipxe-binaries.js';
import { stickVolumeId, writeStick } from '../../artifacts/formats/stick-image.js';
import { PC, type PcFirmware } from '../../artifacts/platform/pc.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { readRegular } from '../../base/regular-file.js';
import { accountOf, readAccounts } from '../../hosts/apply/secrets.js';
import { readState } from '../../hosts/apply.js';
import { clientArchive } from '../../hosts/boot-files/client-archive.js';
import { checkPrograms } from '../../hosts/boot-files/needs.js';
import {
  ipxeStickFiles,
  kernelStick,
  type StickInput,
  type StickKernel,
  type StickWay,
  stickImage,
  stickKernel,
  stickWay,
} from '../../hosts/boot-files/stick.js';
import type { TargetHost } from '../../hosts/host/host.js';
import type { ClientState, HostState } from '../../hosts/host/state.js';
import { copyFileThere, manifestsThere } from '../../hosts/publish/releases-there.js';
import { isRaspberryPi } from '../../hosts/site/facts.js';
import type { Caller } from '../caller.js';
import { clientNamed, connect, hostNamed, openSite } from './open.js';

export interface StickOptions {
  readonly client: string;
  /** Absolute path that must not exist. */
  readonly output: string;
  readonly image?: string | undefined;
  readonly firmware: readonly PcFirmware[];
  /** Absolute path of an iPXE for UEFI in the place of that of this machine's package. */
  readonly uefiIpxe?: string | undefined;
  readonly withSecret: boolean;
  readonly site?: string | undefined;
}

export interface MadeStick {
  readonly bytes: number;
  readonly ways: readonly { readonly firmware: PcFirmware; readonly way: StickWay }[];
  /** Base URL that iPXE asks. */
  readonly url: string;
  /** What the kernel on the stick boots; absent where there is none, and with it no secret. */
  readonly kernel?: string;
}

/** No iPXE is larger. */
const MOST_PROGRAM = 64 * 1024 * 1024;

/**
 * Makes the image, of mode 0600 where the secret is on it; when something goes wrong nothing is left of it.
 * @throws Failure of kind `usage`, with what to do, for what no stick can do
 */
export async function makeStick(caller: Caller, options: StickOptions): Promise<MadeStick> {
  const { output } = options;
  await requireNothing(output);
  const ports = createPorts({ emit: caller.emit, signal: caller.signal });
  const site = await openSite(caller, options);
  const inSite = clientNamed(site, options.client);
  await using open = await connect(caller, hostNamed(site, inSite.host), ports);
  const { host } = open;
  const state = await readState(host);
  const client = addedClient(state, options.client, host);
  const input = await inputFor(options, host, client);
  const kernel = stickWay(input, 'uefi') === 'kernel' ? await kernelFor(input, options, host) : undefined;
  const bios = await ipxeProgram(PC.pxelinuxProgram);
  const { version } = await ipxeBinaries(ports);
  checkPrograms(host.facts, [client.facts], { files: handedOut(input, bios), version });
  const scratch = await mkdtemp(join(dirname(output), '.lunsmith-stick-')).catch((error: unknown) => {
    throw notThere(dirname(output), error);
  });
  try {
    const files = new Map(ipxeStickFiles(input, bios.bytes));
    const title =
      kernel === undefined
        ? undefined
        : await addKernel({ files, kernel, scratch, host, state, client, ports });
    const image = join(scratch, 'stick.img');
    const bytes = await writeStick(ports.run, {
      image,
      name: stickName(client),
      files: await Promise.all(
        [...files].map(async ([path, content], index) => {
          const source = join(scratch, `file-${index}`);
          await writeFile(source, content);
          return { path, source };
        }),
      ),
      syslinux: options.firmware.includes('bios'),
      epoch: kernel?.manifest.epoch ?? 0,
      scratch,
    });
    await chmod(image, title === undefined ? 0o644 : 0o600);
    caller.signal.throwIfAborted();
    await rename(image, output);
    const ways = options.firmware.map((firmware) => ({ firmware, way: stickWay(input, firmware) }));
    return { bytes, ways, url: host.facts.http.url, ...(title === undefined ? {} : { kernel: title }) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function requireNothing(output: string): Promise<void> {
  if ((await lstat(output).catch(() => undefined)) === undefined) return;
  throw new Failure('usage', {
    what: `${output} is there already; it stays as it is.`,
    expected: 'a path where nothing is',
    hint: 'Make the image as a new file, then write it to the stick: cp pc7.img /dev/DISK && sync',
  });
}

function notThere(folder: string, error: unknown): Failure {
  return new Failure(
    'usage',
    {
      what: 'The image of the stick cannot be made.',
      expected: `a folder in which a file can be written: ${folder}`,
      found: (error as NodeJS.ErrnoException).code ?? 'something else',
    },
    { cause: error },
  );
}

function addedClient({ clients }: HostState, name: string, { facts }: TargetHost): ClientState {
  const client = clients[name];
  if (client === undefined) {
    throw new Failure('usage', {
      what: `The client ${name} was not added to ${facts.name} yet: there is nothing that a stick could lead to.`,
      hint: `Run: npx lunsmith client add ${name}`,
    });
  }
  if (isRaspberryPi(client.facts)) {
    throw new Failure('usage', {
      what: `No stick can lead ${name} to its LUN: a Raspberry Pi starts no boot loader of a PC.`,
      expected: 'a client with `boot: san` or `boot: direct`',
      hint: 'Have its EEPROM boot from the network: see docs/raspberry-pi.md.',
    });
  }
  return client;
}

async function inputFor(
  { firmware, image: start, uefiIpxe }: StickOptions,
  host: TargetHost,
  client: ClientState,
): Promise<StickInput> {
  stickImage(client, start);
  const base = { host: host.facts, client, start, firmware };
  if (!firmware.includes('uefi')) return base;
  const { path } = PC.uefiStickProgram;
  const shown = uefiIpxe ?? path;
  const bytes =
    uefiIpxe === undefined ? (await ipxeProgram(PC.uefiStickProgram)).bytes : await readProgram(uefiIpxe);
  return { ...base, uefiProgram: { bytes, shown } };
}

async function readProgram(path: string): Promise<Buffer> {
  const expected = 'a program for UEFI, such as ipxe-amd64.efi of the package ipxe of Debian 13';
  const bytes = await readRegular(path, { most: MOST_PROGRAM, follow: true, kind: 'usage' }).catch(
    (error: unknown) => {
      if (error instanceof Failure) throw error;
      const found = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      throw new Failure(
        'usage',
        { what: `The iPXE ${path} cannot be read.`, expected, found },
        { cause: error },
      );
    },
  );
  // PE images begin like programs of DOS (PE Format, MS-DOS Stub).
  if (bytes.toString('latin1', 0, 2) === 'MZ') return bytes;
  throw new Failure('usage', {
    what: `${path} is no iPXE for a UEFI.`,
    expected,
    found: 'another kind of file',
  });
}

/** As the packages name them. */
function handedOut(input: StickInput, bios: BootBinary): BootBinary[] {
  const { firmware, uefiProgram } = input;
  const uefi =
    uefiProgram === undefined || stickWay(input, 'uefi') === 'kernel'
      ? []
      : [{ name: 'ipxe.efi', bytes: uefiProgram.bytes }];
  return [...(firmware.includes('bios') ? [bios] : []), ...uefi];
}

async function kernelFor(
  input: StickInput,
  { withSecret }: StickOptions,
  host: TargetHost,
): Promise<StickKernel> {
  const digests = Object.values(input.client.images).flatMap(({ generations }) =>
    generations.flatMap(({ release }) => release ?? []),
  );
  return stickKernel(input, await manifestsThere(host, [...new Set(digests)]), withSecret);
}

interface Adding {
  readonly files: Map<string, string | Uint8Array>;
  readonly kernel: StickKernel;
  readonly scratch: string;
  readonly host: TargetHost;
  readonly state: HostState;
  readonly client: ClientState;
  readonly ports: Ports;
}

/** Adds GRUB and what it starts. @returns what its menu says */
async function addKernel(adding: Adding): Promise<string> {
  const { files, kernel, scratch, host, state, client, ports } = adding;
  const account = accountOf(await readAccounts(host, state.serial), client.facts.name);
  const archive = clientArchive(host.facts, client, kernel.each.generation, {
    account,
    manifest: kernel.manifest,
  });
  const release = { digest: kernel.release, manifest: kernel.manifest };
  const there = async (path: string) => {
    const here = join(scratch, 'there');
    await copyFileThere(host, release, path, here);
    return readFile(here);
  };
  const { title, grub, paths } = kernelStick(client, kernel, {
    parameters: (await there(kernel.commandLine)).toString('utf8'),
    volumeId: stickVolumeId(stickName(client)),
  });
  const loader = await makeGrubImage(ports.run, {
    format: PC.architectures.amd64.uefiGrub,
    config: grub,
    scratch,
  });
  files.set(paths.loader, await readRegular(loader, { most: MOST_PROGRAM }));
  files.set(paths.kernel, await there(kernel.kernel));
  // The release's initramfs ends where another archive may begin.
  files.set(paths.initramfs, Buffer.concat([await there(kernel.initramfs), archive]));
  return title;
}

function stickName({ facts }: ClientState): string {
  return `${facts.host} ${facts.name}`;
}
