/** What machines showed while a release was proven: pictures of their screens, and the end of what their consoles printed. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cellName } from '../../artifacts/platform/platform.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { readRegular } from '../../base/regular-file.js';

/** Of one cell. */
export interface CellScreens {
  /** `bios-san`. */
  readonly cell: string;
  readonly pictures: readonly Picture[];
  /** The last lines of the console, each after the seconds since power-on. */
  readonly console: readonly string[];
}

export interface Picture {
  /** When it was taken: `login 1`, `failure`. */
  readonly name: string;
  readonly png: Buffer;
}

/** A screen is some 20 kB. A release may come from elsewhere: no file of another size is read. */
const MOST = { pictures: 6, bytes: 1024 * 1024, log: 16 * 1024 * 1024, lines: 40, characters: 500 };
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** Only of cells of which something is there. @param folder of the release */
export async function screensOf(folder: string, proofs: readonly Proof[]): Promise<CellScreens[]> {
  const all: CellScreens[] = [];
  for (const { cell } of proofs) {
    const evidence = join(folder, 'proofs', cellName(cell));
    // Nor a link in the place of the folder.
    if ((await lstat(evidence).catch(() => undefined))?.isDirectory() !== true) continue;
    const names = (await readdir(evidence)).filter((name) => name.endsWith('.png')).sort();
    const pictures: Picture[] = [];
    for (const name of names.slice(0, MOST.pictures)) {
      const png = await readRegular(join(evidence, name), { most: MOST.bytes }).catch(() => undefined);
      if (png?.subarray(0, PNG.length).equals(PNG) === true)
        pictures.push({ name: name.replace(/\.png$/, '').replaceAll('-', ' '), png });
    }
    const log = await readRegular(join(evidence, 'console.log'), { most: MOST.log }).catch(() => undefined);
    const lines = log?.toString('utf8').trimEnd().split('\n').slice(-MOST.lines) ?? [];
    const console = lines.filter((line) => line !== '').map((line) => line.slice(0, MOST.characters));
    if (pictures.length > 0 || console.length > 0) all.push({ cell: cellName(cell), pictures, console });
  }
  return all;
}
