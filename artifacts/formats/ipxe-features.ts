/** What a boot program of iPXE can do, by the program itself. */
import { decodeLzma } from './lzma-raw.js';

/** As iPXE prints them at its start (ipxe.org/appnote/buildtargets), which each is in a program only when it was built with it. */
export const FEATURES = ['HTTP', 'HTTPS', 'DNS', 'iSCSI', 'TFTP', 'Menu'] as const;
export type IpxeFeature = (typeof FEATURES)[number];

/** Those of iPXE's zbin: literal context 2, no literal or match position. A program is at most so many bytes. */
const PACKED = { literalContext: 2, limit: 4 * 2 ** 20 };
/** That iPXE is there and whole: every program has this name in it, far behind its beginning. */
const SIGN = Buffer.from('iSCSI\0');
/** No program is smaller; what begins as a stream of LZMA by chance ends long before. */
const SMALLEST = 2 ** 14;
/** Bytes that the loader in front has at most, and that are decoded before the rest is. */
const LOADER = 2 ** 15;
const TRY = 2 ** 11;

/**
 * @param program a file such as `snponly.efi`, which is plain, or `undionly.kpxe`, whose larger part is packed
 * @returns undefined for what is no iPXE, or one that is packed in another way
 */
export function ipxeFeatures(program: Uint8Array): ReadonlySet<IpxeFeature> | undefined {
  const plain = Buffer.from(program.buffer, program.byteOffset, program.length);
  const text = plain.includes(SIGN) ? plain : unpacked(plain);
  if (text === undefined) return undefined;
  return new Set(FEATURES.filter((name) => text.includes(`\0${name}\0`)));
}

/** The name of a script that an iPXE of 2020 and later runs when it lies on the disk that a UEFI started it from (ipxe.org/appnote/autoexec). */
export const AUTOEXEC = 'autoexec.ipxe';

/** Whether a program for UEFI does so. It has the name as ASCII, or as a UEFI writes text. */
export function runsAutoexec(program: Uint8Array): boolean {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.length);
  return bytes.includes(AUTOEXEC) || bytes.includes(Buffer.from(AUTOEXEC, 'utf16le'));
}

/** The packed part begins somewhere behind a loader; a stream of LZMA begins with a zero. */
function unpacked(program: Buffer): Buffer | undefined {
  for (let at = program.indexOf(0); at !== -1 && at < LOADER; at = program.indexOf(0, at + 1)) {
    const stream = program.subarray(at);
    // Where more zeros follow it is the padding before it.
    if (stream.length < 5 || stream[1] === 0) continue;
    if (decodeLzma(stream, { ...PACKED, limit: TRY }).length < TRY) continue;
    const whole = decodeLzma(stream, PACKED);
    if (whole.length >= SMALLEST && whole.includes(SIGN)) return whole;
  }
  return undefined;
}
