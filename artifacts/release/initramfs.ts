/** The members of an initramfs: one cpio archive or several one after the other, the last perhaps compressed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type ReadCpioEntry, readCpio } from '../formats/cpio.js';

/**
 * All archives, in order, each with its members. The kernel takes what stands behind the archives' zeros as another archive or as a compressed one;
 * zstd(1) unpacks zstd, gzip, xz and lz4.
 * @returns undefined when it cannot be unpacked here
 * @throws Failure of kind `interrupted`
 */
export async function readInitramfs(bytes: Buffer, ports: Ports): Promise<ReadCpioEntry[][] | undefined> {
  try {
    const archives: ReadCpioEntry[][] = [];
    const compressed = readArchives(bytes, archives);
    const rest = compressed && readArchives(await unpack(compressed, ports), archives);
    return rest === undefined ? archives : undefined;
  } catch (error) {
    const failure = Failure.from(error);
    if (failure.kind === 'interrupted' || failure.kind === 'space' || failure.kind === 'internal')
      throw error;
    return undefined;
  }
}

/** Reads archives until something else begins, which is returned. */
function readArchives(bytes: Buffer, archives: ReadCpioEntry[][]): Buffer | undefined {
  for (let rest = bytes; rest.length > 0; ) {
    if (!rest.toString('latin1', 0, 5).startsWith('07070')) return rest;
    archives.push(readCpio(rest));
    const end = endOfArchive(rest);
    const next = rest.subarray(end).findIndex((byte) => byte !== 0);
    if (next < 0) return undefined;
    rest = rest.subarray(end + next);
  }
  return undefined;
}

/** Bytes up to the end of the trailer, in an archive that was read without error (newc: header of 110 bytes). */
function endOfArchive(archive: Buffer): number {
  const aligned = (at: number) => (at + 3) & ~3;
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const name = archive.toString('latin1', at + 110, nameEnd - 1);
    at = aligned(aligned(nameEnd) + field(6));
    if (name === 'TRAILER!!!') return at;
  }
}

async function unpack(compressed: Buffer, { run }: Ports): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-initramfs-'));
  try {
    const [packed, plain] = [join(folder, 'packed'), join(folder, 'plain')];
    await writeFile(packed, compressed);
    // Zeros that fill an initramfs up to a multiple of 4 bytes are no frame; they are copied as they are.
    await run(['zstd', '--decompress', '--quiet', '--pass-through', '-o', plain, packed], {
      doing: 'unpack the initramfs',
      quiet: true,
    });
    return await readFile(plain);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
