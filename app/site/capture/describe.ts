/** The manifest of a release that is made of a LUN as its client left it, with the files that belong to it. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ReadTable, readPartitionTable } from '../../../artifacts/formats/partition-table.js';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import { digestFiles } from '../../../artifacts/release/release.js';
import { lunImageOf } from '../../../artifacts/release/roles.js';
import { Failure } from '../../../base/failure.js';
import { lunsmithVersion } from '../../../base/version.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import type { Generation } from '../../../hosts/host/state.js';
import { copyFileThere } from '../../../hosts/publish/releases-there.js';
import type { ClientImage } from '../../../hosts/site/facts.js';
import { type Captured, linuxOf } from './linux.js';
import { OWN_FILES } from './no-release.js';

/** Bytes that the boot manager of an installed system has read of its LUN when it starts the system, and no boot sector or menu before it. */
const STARTED = 16 * 1024 * 1024;

export interface Capture extends Captured {
  readonly host: TargetHost;
  readonly image: ClientImage;
  readonly generation: Generation;
  /** Of the release. */
  readonly name: string;
}

export async function describe(capture: Capture): Promise<Manifest> {
  const { host, image, generation, release, staging, ports, name } = capture;
  const of = release.manifest;
  const file = join(staging, lunImageOf(of));
  const table = await readPartitionTable(ports.run, file).catch((error: unknown) => {
    throw Failure.from(error).kind === 'tool' ? noSystem(capture, error) : error;
  });
  const { size: bytes } = await stat(file);
  const base: Manifest = {
    ...of,
    recipe: { name, version: generation.id, sha256: generation.release ?? of.recipe.sha256 },
    disk: { ...diskOf(of, table, image.blank === true), bytes },
    artifacts: of.artifacts.filter(({ role }) => role === 'lun-image').map((each) => ({ ...each, bytes })),
    lunsmith: await lunsmithVersion(),
  };
  for (const path of image.blank === true ? startFiles(of) : bootFiles(of)) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    const own = generation.release === undefined ? OWN_FILES.get(path) : undefined;
    if (own === undefined) await copyFileThere(host, release, path, join(staging, path));
    else await writeFile(join(staging, path), own);
  }
  const known =
    image.blank === true ? installed(base, table) : { ...base, ...(await linuxOf(capture, base, file)) };
  const roles = new Map(of.artifacts.map(({ path, role }) => [path, role]));
  const files = await digestFiles(staging, { run: ports.run });
  return { ...known, artifacts: files.map((each) => ({ ...each, role: roles.get(each.path) ?? 'other' })) };
}

function noSystem({ image, name }: Pick<Capture, 'image' | 'name'>, cause: unknown): Failure {
  return new Failure(
    'usage',
    {
      what: `The LUN of ${image.name} cannot become the release ${name}: there is no system on it.`,
      expected: 'a GPT or MBR partition table',
      found: 'none',
      hint:
        image.blank === true
          ? 'Its LUN began with nothing on it: start the client and install a system first. docs/windows.md tells how.'
          : 'What the client has made of its LUN cannot be booted: npx lunsmith client reset gives it a fresh clone.',
    },
    { cause },
  );
}

/** The partitions of the release where they lie now: a clone may be larger than its image. */
function diskOf(of: Manifest, table: ReadTable, blank: boolean): Omit<Manifest['disk'], 'bytes'> {
  const { disk } = of;
  if (blank) {
    return {
      table: table.table,
      guid: table.identity,
      partitions: table.partitions.map(({ number, firstLba, sectors, type, guid = '', name = '' }) => ({
        ...{ number, type, guid, firstLba, sectors, grow: false },
        name: name === '' ? `partition ${number}` : name,
      })),
    };
  }
  const partitions = disk.partitions.map((each) => {
    const found = table.partitions.find(({ number }) => number === each.number);
    if (found?.type === each.type) return { ...each, firstLba: found.firstLba, sectors: found.sectors };
    throw new Failure('usage', {
      what: `The partition ${each.number} (${each.name}) is not what the release had: such a LUN cannot be taken.`,
      expected: `type ${each.type}`,
      found: found === undefined ? 'no such partition' : `type ${found.type}`,
    });
  });
  return { ...disk, table: table.table, partitions };
}

function bootFiles({ artifacts }: Manifest): string[] {
  return artifacts.filter(({ role }) => role !== 'lun-image').map(({ path }) => path);
}

/** What leads a machine to its LUN, of an installer that may bring much more. */
function startFiles({ boot }: Manifest): string[] {
  return sanOf(boot).flatMap(({ artifacts }) => Object.values(artifacts));
}

/** Of a system that nothing is known of: its script, and no command line. */
function sanOf(boot: Manifest['boot']): Manifest['boot'] {
  return boot
    .filter(({ method }) => method === 'san')
    .map(({ artifacts, ...rest }) => {
      const script = artifacts['ipxe-script'];
      return { ...rest, artifacts: script === undefined ? {} : { 'ipxe-script': script } };
    });
}

/** What has installed itself is started by the firmware that it was installed by; nothing in it is known, and nothing of its installer holds for it. */
function installed(base: Manifest, { table }: ReadTable): Manifest {
  const firmware = [table === 'gpt' ? ('uefi' as const) : ('bios' as const)];
  const { console, kernel: _kernel, packages: _packages, distribution: _distribution, ...rest } = base;
  return {
    ...rest,
    ...(console === undefined ? {} : { console: { ...console, signs: {} } }),
    loader: { reads: STARTED },
    boot: sanOf(base.boot).map((each) => ({ ...each, firmware })),
  };
}
