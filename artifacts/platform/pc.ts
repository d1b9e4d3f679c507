/** PCs: every fact on which stages, target hosts and the boot gate must agree. Paths are those of Debian's packages. */
import { Failure } from '../../base/failure.js';
import type { Architecture } from './architecture.js';
import type {
  ArchitectureFacts,
  Firmware,
  FirmwareFacts,
  GateMachine,
  HostFile,
  Matrix,
} from './platform.js';

const ipxe = (name: string): HostFile => ({ path: `/usr/lib/ipxe/${name}`, package: 'ipxe' });
const ovmf = (name: string): HostFile => ({ path: `/usr/share/OVMF/${name}`, package: 'ovmf' });

export const PC = {
  id: 'pc',
  architectures: {
    amd64: {
      biosGrub: 'i386-pc',
      uefiGrub: 'x86_64-efi',
      efiBootFile: 'EFI/BOOT/BOOTX64.EFI',
      systemdBoot: { path: '/usr/lib/systemd/boot/efi/systemd-bootx64.efi', package: 'systemd-boot-efi' },
    },
    arm64: {
      uefiGrub: 'arm64-efi',
      efiBootFile: 'EFI/BOOT/BOOTAA64.EFI',
      systemdBoot: { path: '/usr/lib/systemd/boot/efi/systemd-bootaa64.efi', package: 'systemd-boot-efi' },
    },
  } satisfies Partial<Record<Architecture, ArchitectureFacts>>,
  firmware: {
    // The card is driven through its ROM, or through the firmware.
    bios: { dhcpArchitectures: [0], program: ipxe('undionly.kpxe') },
    // By the erratum of RFC 4578 both are x86-64.
    uefi: { dhcpArchitectures: [7, 9], httpArchitectures: [16], program: ipxe('snponly.efi') },
  } satisfies Partial<Record<Firmware, FirmwareFacts>>,
  /** An iPXE that PXELINUX, or SYSLINUX on a stick, loads as a kernel; it has drivers of its own. */
  pxelinuxProgram: ipxe('ipxe.lkrn'),
  /** An iPXE for a UEFI, with drivers of its own. */
  uefiStickProgram: ipxe('ipxe.efi'),
  gate: {
    tool: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    // Without graphics SeaBIOS, iPXE and GRUB write to the serial port too.
    machine: 'q35,graphics=off,vmport=off',
    kvm: true,
    /** UEFI in flash: its code, and a template of its variables. */
    flash: { code: ovmf('OVMF_CODE_4M.fd'), variables: ovmf('OVMF_VARS_4M.fd') },
    serial: 'ttyS0',
  } satisfies GateMachine & { readonly flash: { readonly code: HostFile; readonly variables: HostFile } },
  matrix: { firmware: ['bios', 'uefi'], methods: ['san', 'direct'] } satisfies Matrix,
} as const;

export type PcFirmware = keyof typeof PC.firmware;
export const PC_FIRMWARE = Object.keys(PC.firmware) as PcFirmware[];

/** @throws Failure of kind `internal` for an architecture that no PC has */
export function architectureFacts(architecture: Architecture): ArchitectureFacts {
  const facts: Partial<Record<Architecture, ArchitectureFacts>> = PC.architectures;
  const found = facts[architecture];
  if (found !== undefined) return found;
  throw new Failure('internal', { what: `No PC has the architecture ${architecture}.` });
}
