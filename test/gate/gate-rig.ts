/** A release just large enough for a cell of the boot gate to begin with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import { createSparse } from '../../artifacts/formats/sparse.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { Proof } from '../../artifacts/release/proof.js';
import type { NotDecided } from '../../gate/broken.js';
import type { Patience } from '../../gate/patience.js';
import type { GateRequest } from '../../gate/request.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import type { GateJob } from '../inside/gate.js';
import { ARTIFACTS, BOOT, smallManifest } from '../util/manifest.js';

const UUID = '6c816f51-0613-45e7-a15b-bc2d5cd00f88';
const COMMAND_LINE = `root=UUID=${UUID} ro console=ttyS0,115200 iscsi_auto`;

/** A release whose disk has nothing on it. */
export async function makeRelease(folder: TestFolder): Promise<void> {
  await mkdir(folder.at('release/boot'), { recursive: true });
  await mkdir(folder.at('scratch'));
  await createSparse(folder.at('release/disk.img'), 8 << 20);
  await writeFile(folder.at('release/boot/sanboot.ipxe'), sanbootScript('EFI/BOOT/BOOTX64.EFI'));
}

export function gateRequest(
  folder: TestFolder,
  change: Partial<GateRequest>,
  commandLine = COMMAND_LINE,
): GateRequest {
  const root = { mount: '/', filesystem: 'ext4', filesystemUuid: UUID, firstLba: 2048 };
  const manifest = smallManifest({
    kernel: { version: '6.1.0-50-amd64', commandLine },
    artifacts: ARTIFACTS,
    boot: BOOT,
    disk: { partitions: [root] } as unknown as Manifest['disk'],
  });
  return {
    release: folder.at('release'),
    manifest,
    digest: 'd'.repeat(64),
    cell: { firmware: 'bios', path: 'san', secret: 'right' },
    accelerator: 'tcg',
    evidence: folder.at('evidence'),
    scratch: folder.at('scratch'),
    ...change,
  };
}

/** A fraction of the real one, and still more than firmware and iPXE need. */
const SHORT_PATIENCE: Patience = { idle: 15, silent: 15, work: 120, wall: 1200 };

/** No host owes as much. */
const EVERYTHING = 1e6;

/** A boot sector with these instructions of the 8086. */
export function bootSector(...code: number[]): Buffer {
  const sector = Buffer.alloc(512);
  sector.set(code);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
/** cli; hlt */
export const HALT = bootSector(0xfa, 0xf4);
/** jmp to itself */
export const LOOP = bootSector(0xeb, 0xfe);
/** Instructions that pulse the reset line by the keyboard's controller, and wait. */
export const RESET = [0xb0, 0xfe, 0xe6, 0x64, 0xf4] as const;

export interface TinyClient extends Pick<GateJob, 'processor'> {
  readonly cell?: GateRequest['cell'];
  /** Instead of the release's sanboot.ipxe. */
  readonly script?: string;
  /** The first sector of its disk; none else has anything in it. */
  readonly sector?: Buffer;
  readonly patience?: Patience;
  /** As of the gate's bounds; default: whatever the host owes, all is decided. */
  readonly mostOwed?: number;
}

/** Runs one cell in a sandbox of its own. */
export async function runCell(client: TinyClient): Promise<Proof | NotDecided> {
  const { script, sector, cell, processor, patience = SHORT_PATIENCE, mostOwed = EVERYTHING } = client;
  await using folder = await testFolder();
  await makeRelease(folder);
  if (script) await writeFile(folder.at('release/boot/sanboot.ipxe'), script);
  if (sector) await writeFile(folder.at('release/disk.img'), sector, { flag: 'r+' });
  const bounds = { boot: patience, shutdown: patience, command: patience, mostOwed };
  const payload: GateJob = {
    ...gateRequest(folder, { bounds, ...(cell === undefined ? {} : { cell }) }),
    ...(processor === undefined ? {} : { processor }),
  };
  const job = { module: 'test/inside/gate.js', payload, network: 'own' } as const;
  return (await enterSandbox(job, () => undefined, new AbortController().signal)) as Proof | NotDecided;
}
