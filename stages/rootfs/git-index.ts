/** Reads git's index (gitformat-index(5)), versions 2 and 3: which files it knows, and which of them are executable. */

export interface IndexEntry {
  /** Relative to the top of the work tree. */
  readonly path: string;
  readonly executable: boolean;
}

const HEADER = 12;
/** Bytes of an entry in front of its flags, and of these. */
const FIXED = 60;
const FLAGS = 2;

/** @returns undefined for what is no such index */
export function readGitIndex(index: Buffer): IndexEntry[] | undefined {
  if (index.length < HEADER || index.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = index.readUInt32BE(4);
  if (version !== 2 && version !== 3) return undefined;
  const entries: IndexEntry[] = [];
  let at = HEADER;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    if (at + FIXED + FLAGS > index.length) return undefined;
    const mode = index.readUInt32BE(at + 24);
    const extended = (index.readUInt16BE(at + FIXED) & 0x4000) !== 0;
    const name = at + FIXED + (extended ? 2 * FLAGS : FLAGS);
    const end = index.indexOf(0, name);
    if (end === -1) return undefined;
    entries.push({ path: index.toString('utf8', name, end), executable: (mode & 0o100) !== 0 });
    // An entry is padded with one to eight zeros to a multiple of eight.
    at += Math.ceil((end + 1 - at) / 8) * 8;
  }
  return entries;
}
