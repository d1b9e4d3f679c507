/**
 * What a client is handed to install a system on a LUN that begins with nothing on it, and to boot what has installed itself there. Both
 * LUNs stand on one target, so that a system which logs in by the iBFT sees both; which is which to a BIOS says the number of the drive:
 * 0x80 is what the system is installed on, 0x81 its installer. A UEFI is told by file. Facts: ipxe.org/cmd/sanhook, ipxe.org/cmd/sanboot,
 * ipxe.org/cfg/keep-san.
 */
import { setSetting, uriWord } from '../../artifacts/formats/ipxe.js';
import { PC } from '../../artifacts/platform/pc.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { bootArtifact } from '../../artifacts/release/roles.js';
import type { ClientState } from '../host/state.js';
import { hasInstaller, installerOf } from '../site/blank.js';
import type { HostFacts } from '../site/facts.js';
import { accountCommands, hookCommands, unhook } from './account.js';
import type { BootImage } from './boot-image.js';
import { CHOSEN, OVER } from './entry.js';
import { sanUris } from './paths.js';

interface Input {
  readonly host: HostFacts;
  /** Number of the first LUN of a target. */
  readonly lun: number;
  readonly client: ClientState;
  /** By digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
}

/** What a BIOS calls its first disk, and its second. */
export const DRIVES = { installed: '0x80', installer: '0x81' } as const;
export const EFI_LOADER = `\\${PC.architectures.amd64.efiBootFile.replaceAll('/', '\\')}`;
/** Seconds in which a person may keep the installer from starting. */
const WAIT_SECONDS = 10;

/**
 * The LUN itself, unless its installer was chosen. What does not boot there gives way to the installer, or to the firmware's next boot
 * device where the LUN was chosen by name: a CD, for example, whose system finds the LUN in the iBFT, since the iPXE of a BIOS stays in
 * memory and keeps it; that of a UEFI does not. The LUN is hooked anew in between: a target that does not answer is no LUN with nothing on it.
 */
export function bootInstalled(input: Input, each: BootImage): string[] {
  const { host, client, lun } = input;
  const { facts } = client;
  const { name } = each.image;
  // A system that installs itself takes each path for a disk of its own.
  const uri = (number: number) => sanUris({ host, lun: number, target: each.generation.target })[0];
  const [disk, medium] = [DRIVES.installed, DRIVES.installer];
  const hook = (drive: string, number: number) => hookCommands(drive, uri(number), 'goto failed');
  const begin = (start: string) => [
    `:image-${start}`,
    `echo ${facts.name} boots ${start} ${each.generation.id}`,
    ...accountCommands(host, facts, { start, uri: uri(lun) }),
    setSetting('initiator-iqn', facts.initiator),
    ...hook(disk, lun),
  ];
  const start = (drive: string, start: string, otherwise: string) => [
    `iseq \${platform} efi && goto efi-${start} ||`,
    `sanboot --drive ${drive} || ${otherwise}`,
    otherwise,
    `:efi-${start}`,
    `sanboot --drive ${drive} --filename ${EFI_LOADER} || ${otherwise}`,
    otherwise,
  ];
  const installer = installerOf(name);
  const hooked = hasInstaller(each.image) ? [disk, medium] : [disk];
  return [
    ...begin(name),
    ...start(disk, name, `goto empty-${name}`),
    `:empty-${name}`,
    `echo Nothing on ${name} boots: no system is installed there, or its loader ended`,
    ...hook(disk, lun),
    ...(hasInstaller(each.image)
      ? [
          client.next === name ? `goto leave-${name}` : `iseq \${${CHOSEN}} ${name} && goto leave-${name} ||`,
          `echo ${installer} starts in ${WAIT_SECONDS} seconds. Ctrl-C goes on to the next boot device`,
          `sleep ${WAIT_SECONDS} || goto leave-${name}`,
          ...begin(installer),
          ...hook(medium, lun + 1),
          ...winpe(input, each),
          ...start(medium, installer, `goto ended-${installer}`),
          `:ended-${installer}`,
          `echo Nothing on ${installer} boots by this firmware, or its loader ended`,
          `:leave-${name}`,
        ]
      : []),
    // Where iPXE itself goes with its end, what it has hooked goes before it.
    `iseq \${platform} efi || goto over-${name}`,
    ...hooked.flatMap(unhook),
    `:over-${name}`,
    `set ${OVER} 1`,
    'exit 0',
  ];
}

/** Of an installer that brings wimboot: WinPE out of memory, with both LUNs hooked. Where that does not work, it goes on. */
function winpe({ host, manifests }: Input, { generation: { release = '' } }: BootImage): string[] {
  const manifest = manifests.get(release);
  const script = manifest && bootArtifact(manifest, 'san', 'winpe-script');
  if (script === undefined) return [];
  return [
    `chain --autofree ${uriWord(`${host.http.url}/releases/${release}/${script}`)} ||`,
    'echo wimboot could not start WinPE: the LUN of the installer is tried',
  ];
}
