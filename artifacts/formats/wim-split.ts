/**
 * Splits an archive of Windows (WIM) into parts that FAT can hold, as its setup reads them: `install.swm`, `install2.swm`, and so on.
 * wimlib gives each set a random GUID; here it follows from the archive, so that the same archive gives the same bytes.
 * Facts: wimlib's include/wimlib/header.h: the GUID is at byte 24 of the header, and no digest covers the header.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfText } from '../../base/digest.js';
import type { Ports } from '../../base/ports.js';
import { MIB } from '../../base/size.js';
import { readAt, writeAt } from './sparse.js';

const GUID_AT = 24;
const GUID_BYTES = 16;
/** More than header, XML and lookup table of a part take besides its resources. */
export const WIM_PART_OVERHEAD = 4 * MIB;

/**
 * @param archive path of the WIM @param folder an empty one @param stem name of the parts: `install` @param partBytes least that a part
 *   may have; one is larger where a single file in the archive is
 * @returns names of the parts in the folder, in order
 * @throws Failure of kind `tool` for what is no WIM or cannot be split
 */
export async function splitWim(
  run: Ports['run'],
  {
    archive,
    folder,
    stem,
    partBytes,
  }: { readonly archive: string; readonly folder: string; readonly stem: string; readonly partBytes: number },
): Promise<string[]> {
  const original = (await readAt(archive, GUID_AT, GUID_BYTES)).toString('hex');
  const size = String(partBytes / MIB);
  await run(['wimlib-imagex', 'split', archive, join(folder, `${stem}.swm`), size], {
    doing: `split ${stem}.wim`,
  });
  const guid = Buffer.from(sha256OfText(`${original} ${size}`), 'hex').subarray(0, GUID_BYTES);
  const parts = (await readdir(folder)).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  for (const part of parts) await writeAt(join(folder, part), GUID_AT, guid);
  return parts;
}
