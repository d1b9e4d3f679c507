/** A release just large enough for a cell of the boot gate to begin with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import { createSparse } from '../../artifacts/formats/sparse.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { GateRequest } from '../../gate/request.js';
import type { TestFolder } from '../artifacts/formats/tools.js';
import { ARTIFACTS, BOOT, smallManifest } from '../util/manifest.js';

const UUID = '6c816f51-0613-45e7-a15b-bc2d5cd00f88';
const COMMAND_LINE = `root=UUID=${UUID} ro console=ttyS0,115200 iscsi_auto`;

/** A release whose disk has nothing on it. */
export async function makeRelease(folder: TestFolder): Promise<void> {
  await mkdir(folder.at('release/boot'), { recursive: true });
  await mkdir(folder.at('scratch'));
  await createSparse(folder.at('release/disk.img'), 8 << 20);
  await writeFile(folder.at('release/boot/sanboot.ipxe'), sanbootScript());
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
    accel: 'tcg',
    evidence: folder.at('evidence'),
    scratch: folder.at('scratch'),
    ...change,
  };
}
