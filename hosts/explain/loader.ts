/** The firmware starts what is on the disk. */
import { bootPartition } from '../../artifacts/formats/disk-spec.js';
import { partitionTypeCode } from '../../artifacts/formats/partition-table.js';
import { LOADER_TITLES, type LoaderName } from '../../artifacts/platform/loader.js';
import { bootArtifact } from '../../artifacts/release/roles.js';
import { SYMPTOM_WORDS } from '../../artifacts/release/symptoms.js';
import { DRIVES, EFI_LOADER } from '../boot-files/installed.js';
import { installerOf } from '../site/blank.js';
import type { Link } from './link.js';
import { targetLook } from './lun.js';
import type { Subject } from './subject.js';

const [BIOS_BOOT, ESP] = [partitionTypeCode('gpt', 'bios-boot'), partitionTypeCode('gpt', 'esp')];

interface Words {
  readonly says: readonly string[];
  readonly files: readonly string[];
  /** What it shows when it cannot go on, and where to look then. */
  readonly stops: string;
  readonly look: readonly string[];
  /** What may be wrong with what it looks for. Default: /boot. */
  readonly lost?: string;
}

export function loader(subject: Subject): Link {
  const name = loaderOf(subject);
  const words = wordsOf(name, subject);
  const reads = `${LOADER_TITLES[name]} reads its menu, the kernel and the initramfs from the LUN, through the firmware and iPXE’s session.`;
  return linkOf(subject, LOADER_TITLES[name], { ...words, says: [...words.says, reads] });
}

/** Of a system that brings one of its own. */
export function ownLoader(subject: Subject): Link {
  const firmware = subject.manifest?.boot.flatMap((each) => each.firmware ?? ['bios', 'uefi']) ?? [];
  return linkOf(subject, 'that of its own system', {
    says: [
      ...(firmware.includes('bios')
        ? [
            'BIOS: the first sector of the LUN loads GRUB, which has no menu and starts /bootmgr of the first partition.',
          ]
        : []),
      ...(firmware.includes('uefi')
        ? ['UEFI: iPXE starts \\EFI\\BOOT\\BOOTX64.EFI of the first partition; no entry in NVRAM is needed.']
        : []),
      'It finds its disk by the iBFT and reads on by itself. What it starts is not known here.',
    ],
    files: ['LUN: first sector', 'LUN: /bootmgr, \\EFI\\BOOT\\BOOTX64.EFI'],
    stops: 'what the loader itself says, or nothing more after the login to the target',
    look: [],
    lost: 'its partition was changed',
  });
}

/** Of a system that installs itself, and of its installer beside it. */
export function installedLoader(subject: Subject): Link {
  const { lun, image, manifest } = subject;
  const installer = installerOf(image.name);
  const winpe = manifest && bootArtifact(manifest, 'san', 'winpe-script');
  return linkOf(subject, 'what was installed there, or the installer', {
    says: [
      `LUN ${lun} is ${image.name}, to a BIOS the drive ${DRIVES.installed}: its first sector is started, or by a UEFI ${EFI_LOADER}.`,
      `Where nothing on it boots, ${installer} starts from LUN ${lun + 1}, the drive ${DRIVES.installer}; where ${image.name} was chosen by PXELINUX or by \`client next\`, the firmware goes on to its next boot device, a CD for example.`,
      ...(winpe === undefined
        ? []
        : [
            `${installer} starts by wimboot, which loads WinPE by HTTP; from LUN ${lun + 1} where that does not work.`,
          ]),
      'What is hooked stays so (keep-san) and stands in the iBFT, by which the system that starts finds it; a UEFI that goes on to its next boot device has nothing hooked any more. What the system does is not known here.',
    ],
    files: [`LUN ${lun}: what was installed`, `LUN ${lun + 1}: the installer`],
    stops: `Nothing on ${image.name} boots, or nothing more after the login to the target`,
    look: [],
    lost: `nothing is installed yet, or not for this firmware; \`client next\` with ${installer} starts the installer again`,
  });
}

function linkOf(subject: Subject, title: string, words: Words): Link {
  const { says, files, stops, look, lost = 'the file system with /boot was changed' } = words;
  return {
    name: 'boot-loader',
    title: `The boot loader on the LUN: ${title}`,
    says,
    packets: [`TCP client:any -> ${subject.portal}  SCSI reads, in the session of iPXE`],
    files,
    settings: [],
    stops: [
      {
        shows: 'No bootable device, or BdsDxe: No bootable option',
        causes: [
          `${SYMPTOM_WORDS['no-boot-device']}: the release has no boot loader for this firmware`,
          'Secure Boot is on',
        ],
        look: [`ls ${subject.inRelease('proofs')}    # was it proven for this firmware?`],
      },
      {
        shows: stops,
        causes: [
          `${SYMPTOM_WORDS['boot-loader']}: ${lost}, or another disk answers first`,
          'the clone is damaged: `client reset` makes a fresh one; `client undelete` brings what it stored back',
        ],
        look: [...look, ...targetLook(subject)],
      },
    ],
  };
}

export function loaderOf({ manifest }: Pick<Subject, 'manifest'>): LoaderName {
  return manifest?.disk.loader ?? 'grub';
}

function wordsOf(name: LoaderName, { manifest }: Subject): Words {
  const partitions = manifest?.disk.partitions ?? [];
  const at = (partition: (typeof partitions)[number] | undefined) =>
    partition === undefined ? '' : ` (partition ${partition.number})`;
  const esp = at(partitions.find(({ type }) => type === ESP));
  const uefi = `UEFI: iPXE starts \\EFI\\BOOT\\BOOTX64.EFI from the EFI system partition${esp}; no entry in NVRAM is needed.`;
  const bios = (where: string) =>
    `BIOS: the first sector of the LUN starts the boot sector of the active partition, ${where}.`;
  const syslinux = {
    stops: 'Missing OS, Failed to load ldlinux.c32, or Could not find kernel image',
    look: ['its prompt, boot: type `linux`, or `previous`'],
  };
  switch (name) {
    case 'extlinux': {
      const boot = bootPartition(partitions);
      const where = boot?.mount === '/boot' ? 'the file system of /boot' : 'the root file system';
      return {
        says: [bios(`${where}${at(boot)}`)],
        files: [`LUN: first sector, boot sector of ${where}`, 'LUN: /boot/extlinux/extlinux.conf'],
        ...syslinux,
      };
    }
    case 'syslinux':
      return {
        says: [
          bios(
            `the FAT${at(partitions.find(({ filesystem }) => filesystem === 'vfat'))}, which has kernel and initramfs`,
          ),
        ],
        files: ['LUN: first sector, boot sector of the FAT', 'LUN, FAT: /syslinux/syslinux.cfg'],
        ...syslinux,
      };
    case 'systemd-boot':
      return {
        says: [uefi],
        files: ['LUN: \\EFI\\BOOT\\BOOTX64.EFI', 'LUN, ESP: /loader/entries/linux.conf'],
        stops: 'Error opening a file, or an empty menu',
        look: ['its menu: `p` shows what it read'],
      };
    default:
      return {
        says: [
          `BIOS: the first sector of the LUN (MBR, boot.img) loads core.img from the BIOS boot partition${at(partitions.find(({ type }) => type === BIOS_BOOT))}.`,
          uefi,
        ],
        files: [
          'LUN: first sector and BIOS boot partition',
          'LUN: \\EFI\\BOOT\\BOOTX64.EFI',
          'LUN: /boot/grub/grub.cfg',
        ],
        stops: 'grub rescue>, or error: no such device',
        look: ['GRUB’s prompt: ls'],
      };
  }
}
