/**
 * What the partition of an installer will hold, by names and sizes alone: files of the medium, split where FAT cannot hold them, and
 * files of the recipe, which win. Refused is what FAT cannot hold, before a byte is written.
 */

import { smallestFat } from '../../artifacts/formats/fat.js';
import type { UdfFile } from '../../artifacts/formats/udf-read/tree.js';
import { WIM_PART_OVERHEAD } from '../../artifacts/formats/wim-split.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { formatSize } from '../../base/size.js';
import type { Medium } from './medium.js';

/** FAT counts the bytes of a file in 32 bits. */
const MOST_FAT_FILE = 0xffffffff;
/** What setup takes in parts. */
const SPLIT = 'sources/install.wim';

export interface AddedFile {
  /** In the partition, `/`-separated. */
  readonly path: string;
  /** Path on the host. */
  readonly source: string;
  readonly bytes: number;
}

export interface Contents {
  /** Taken as they are. */
  readonly plain: readonly UdfFile[];
  /** The archive that is split, if any. */
  readonly split: UdfFile | undefined;
  readonly added: readonly AddedFile[];
  /** Bytes of a FAT file system that holds all of it, and nothing more. */
  readonly bytes: number;
}

/** @param partBytes largest part of a split archive @throws Failure of kind `recipe` with every file that FAT cannot hold */
export function contentsOf(medium: Medium, added: readonly AddedFile[], partBytes: number): Contents {
  const own = new Set(added.map(({ path }) => path.toLowerCase()));
  const taken = medium.files.filter(({ path }) => !own.has(path.toLowerCase()));
  const split = taken.find(({ path, bytes }) => path.toLowerCase() === SPLIT && bytes > partBytes);
  const plain = taken.filter((file) => file !== split);
  const all = [...plain, ...added];
  const problems = [
    ...all.flatMap(fileProblems),
    ...sameNames([...all, ...(split === undefined ? [] : [split])]),
  ];
  const [first, ...more] = problems;
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
  const parts = split === undefined ? [] : partSizes(split.bytes, partBytes);
  return { plain, split, added, bytes: smallestFat([...all.map(({ bytes }) => bytes), ...parts]) };
}

/** A part is closed before it would be too large, which leaves room: one more than there need be. */
function partSizes(bytes: number, partBytes: number): number[] {
  const count = Math.ceil(bytes / partBytes) + 1;
  return Array.from({ length: count }, () => Math.ceil(bytes / count) + WIM_PART_OVERHEAD);
}

function fileProblems({ path, bytes }: { readonly path: string; readonly bytes: number }): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (bytes > MOST_FAT_FILE) {
    found.push({
      what: `FAT cannot hold ${path}: it is too large.`,
      expected: 'files below 4 GiB',
      found: formatSize(bytes),
      hint: /\.esd$/i.test(path)
        ? 'Make a WIM of it, which is split: wimlib-imagex export install.esd all install.wim --compress=LZX, and a new ISO with that.'
        : `Only ${SPLIT} is split into parts that setup reads. Leave this file out of the ISO.`,
    });
  }
  const bad = path.split('/').find((name) => /["*:<>?\\|\p{Cc}]|[. ]$/u.test(name) || name.length > 255);
  if (bad !== undefined) {
    found.push({
      what: `FAT cannot hold ${JSON.stringify(path)}.`,
      expected: 'names of at most 255 characters without `"*:<>?\\|`, not ending with a dot or a space',
      found: JSON.stringify(bad),
    });
  }
  return found;
}

/** FAT takes capital and small letters for the same. */
function sameNames(files: readonly { readonly path: string }[]): Diagnostic[] {
  const known = new Map<string, string>();
  return files.flatMap(({ path }) => {
    const other = known.get(path.toLowerCase());
    known.set(path.toLowerCase(), path);
    return other === undefined ? [] : [{ what: `FAT takes ${path} and ${other} for the same file.` }];
  });
}
