/** A TFTP tree in memory, and what one Pi makes of it. */
import type { Pi, Played } from '../../../../artifacts/platform/raspberry-pi/firmware.js';
import { playFirmware } from '../../../../artifacts/platform/raspberry-pi/firmware.js';
import { MODELS, type ModelName } from '../../../../artifacts/platform/raspberry-pi/models.js';
import type { TftpReader } from '../../../../artifacts/platform/raspberry-pi/tftp-tree.js';

/** Texts by path; a number stands for a file of as many bytes. */
export type Tree = Readonly<Record<string, string | number>>;

function readerOf(tree: Tree): TftpReader {
  return (path) => {
    const content = tree[path];
    if (content === undefined) return Promise.resolve(undefined);
    const size = typeof content === 'number' ? content : Buffer.byteLength(content);
    return Promise.resolve({ size, text: () => Promise.resolve(String(content)) });
  };
}

export const SERIAL = '0000000012345678';

export function play(model: ModelName, tree: Tree, more: Partial<Pi> = {}): Promise<Played> {
  return playFirmware({ model: MODELS[model], serial: SERIAL, ...more }, readerOf(tree));
}

/** What every model needs below its prefix, besides `config.txt`. */
export const FILES: Tree = {
  'start.elf': 4,
  'fixup.dat': 4,
  'start4.elf': 4,
  'fixup4.dat': 4,
  'bcm2710-rpi-3-b.dtb': 4,
  'bcm2710-rpi-3-b-plus.dtb': 4,
  'bcm2837-rpi-3-b.dtb': 4,
  'bcm2837-rpi-3-b-plus.dtb': 4,
  'bcm2711-rpi-4-b.dtb': 4,
  'bcm2712-rpi-5-b.dtb': 4,
  'kernel7.img': 4,
  'kernel7l.img': 4,
  'kernel8.img': 4,
  'kernel_2712.img': 4,
  initramfs7: 4,
  initramfs7l: 4,
  initramfs8: 4,
  initramfs_2712: 4,
  'cmdline.txt': 'root=UUID=1 ro\n',
};

/** The files below a prefix, and bootcode.bin in the root. */
export function below(prefix: string, files: Tree): Tree {
  return {
    'bootcode.bin': 4,
    ...Object.fromEntries(Object.entries(files).map(([name, content]) => [`${prefix}${name}`, content])),
  };
}

/** `kind at` of each note, a fatal one with a `!`. */
export function notesOf({ notes }: Played): string[] {
  return notes.map(({ kind, at, fatal }) => `${kind}${fatal ? '!' : ''} ${at}`);
}
