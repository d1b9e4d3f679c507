/** What the models of the Raspberry Pi do differently from power-on to the kernel (Raspberry Pi documentation, "config.txt"). */

export const MODEL_NAMES = ['3B', '3B+', '4B', '5'] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export interface Model {
  readonly name: ModelName;
  /** Model filters of config.txt that it sees. */
  readonly filters: readonly string[];
  /** Its type in revision codes, as `[board-type=…]` compares it. */
  readonly boardType: number;
  /**
   * Who loads the first files: a `rom` fetches bootcode.bin from the TFTP root, whatever the serial number is; an `eeprom` has that
   * program in it.
   */
  readonly begins: 'rom' | 'eeprom';
  /** The file whose presence below the prefix decides whether the prefix is kept. */
  readonly probe: string;
  /** The firmware of the VideoCore, with its variants by setting; absent where the EEPROM holds it. */
  readonly firmware?: Readonly<Record<'plain' | 'x' | 'debug' | 'cut', FirmwarePair>>;
  /** Default kernels, the preferred one first. */
  readonly kernels: { readonly bits32: readonly string[]; readonly bits64: readonly string[] };
  /** What it runs unless `arm_64bit` or the kernel's name says otherwise. */
  readonly bits: 32 | 64;
  /** Device trees: that of the Raspberry Pi's own kernels, and that of Linux as released. */
  readonly trees: { readonly downstream: string; readonly upstream: string };
  /** Linux's module for its network card. */
  readonly card: string;
  /** The ROM takes one of two DHCP replies that come at once for lost. */
  readonly losesReplies: boolean;
}

interface FirmwarePair {
  readonly start: string;
  readonly fixup: string;
}

function firmware(generation: '' | '4'): NonNullable<Model['firmware']> {
  const join = generation === '' ? '_' : '';
  const pair = (variant: string) => ({
    start: `start${generation}${variant}.elf`,
    fixup: `fixup${generation}${variant}.dat`,
  });
  return { plain: pair(''), x: pair(`${join}x`), debug: pair(`${join}db`), cut: pair(`${join}cd`) };
}

const THREE = {
  begins: 'rom',
  probe: 'start.elf',
  firmware: firmware(''),
  kernels: { bits32: ['kernel7.img'], bits64: ['kernel8.img'] },
  bits: 32,
} as const;

export const MODELS: Readonly<Record<ModelName, Model>> = {
  '3B': {
    ...THREE,
    name: '3B',
    card: 'smsc95xx',
    filters: ['pi3'],
    boardType: 0x08,
    trees: { downstream: 'bcm2710-rpi-3-b.dtb', upstream: 'bcm2837-rpi-3-b.dtb' },
    losesReplies: true,
  },
  '3B+': {
    ...THREE,
    name: '3B+',
    card: 'lan78xx',
    filters: ['pi3', 'pi3+'],
    boardType: 0x0d,
    trees: { downstream: 'bcm2710-rpi-3-b-plus.dtb', upstream: 'bcm2837-rpi-3-b-plus.dtb' },
    losesReplies: false,
  },
  '4B': {
    name: '4B',
    card: 'genet',
    filters: ['pi4'],
    boardType: 0x11,
    begins: 'eeprom',
    probe: 'start4.elf',
    firmware: firmware('4'),
    kernels: { bits32: ['kernel7l.img'], bits64: ['kernel8.img'] },
    bits: 64,
    trees: { downstream: 'bcm2711-rpi-4-b.dtb', upstream: 'bcm2711-rpi-4-b.dtb' },
    losesReplies: false,
  },
  '5': {
    name: '5',
    card: 'macb',
    filters: ['pi5'],
    boardType: 0x17,
    begins: 'eeprom',
    probe: 'config.txt',
    // It runs no 32-bit kernel.
    kernels: { bits32: [], bits64: ['kernel_2712.img', 'kernel8.img'] },
    bits: 64,
    trees: { downstream: 'bcm2712-rpi-5-b.dtb', upstream: 'bcm2712-rpi-5-b.dtb' },
    losesReplies: false,
  },
};

/** Names of kernels that say by themselves how many bits they have. */
export const KNOWN_KERNELS: Readonly<Record<string, 32 | 64>> = {
  'kernel.img': 32,
  'kernel7.img': 32,
  'kernel7l.img': 32,
  'kernel8.img': 64,
  'kernel_2712.img': 64,
};

/** Hex digits of a serial number that name its folder: the last ones, also where it has 16. */
const PREFIX_DIGITS = 8;

/** The folder, without a slash, in which a Pi looks for its files. @param serial hex digits, `0x` in front or not */
export function serialPrefix(serial: string): string {
  return serial.toLowerCase().replace(/^0x/, '').padStart(PREFIX_DIGITS, '0').slice(-PREFIX_DIGITS);
}

/** The same where the EEPROM is set to look by MAC address (`TFTP_PREFIX=2`). @param mac six pairs of hex digits, any separator */
export function macPrefix(mac: string): string {
  return mac.toLowerCase().replaceAll(':', '-');
}
