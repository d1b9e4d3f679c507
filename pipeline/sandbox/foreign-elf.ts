/** What is known of an architecture's programs by their ELF headers (elf(5)). */
import { type Architecture, processorFacts } from '../../artifacts/platform/architecture.js';

/** Bytes of e_ident, e_type and e_machine, which begin both the 32-bit and the 64-bit header. */
const MAGIC_BYTES = 20;

/** How the kernel tells programs and shared objects of the architecture. A bit that is not in the mask does not matter. */
export function magicOf(architecture: Architecture): { readonly magic: Buffer; readonly mask: Buffer } {
  const { bits, machine } = processorFacts(architecture).elf;
  const magic = Buffer.alloc(MAGIC_BYTES);
  // EI_CLASS, EI_DATA (little-endian), EI_VERSION.
  magic.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  // ET_EXEC; ET_DYN has the lowest bit too.
  magic.writeUInt16LE(2, 16);
  magic.writeUInt16LE(machine, 18);
  const mask = Buffer.alloc(MAGIC_BYTES, 0xff);
  // EI_OSABI: GNU's own programs of some kinds have another.
  mask[7] = 0;
  mask[16] = 0xfe;
  return { magic, mask };
}

/** exit(0) in machine code. */
const EXIT: Readonly<Record<Architecture, readonly number[]>> = {
  // mov eax, 60; xor edi, edi; syscall
  amd64: [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],
  // mov x0, #0; mov x8, #93; svc #0
  arm64: [0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4],
  // mov r0, #0; mov r7, #1; svc #0
  armhf: [0x00, 0x00, 0xa0, 0xe3, 0x01, 0x70, 0xa0, 0xe3, 0x00, 0x00, 0x00, 0xef],
};

/** Where it is loaded. */
const ADDRESS = 0x40_0000;
/** EF_ARM_EABI_VER5 and EF_ARM_ABI_FLOAT_HARD of <elf.h>. */
const ARM_FLAGS = 0x0500_0400;

/** A static program that ends at once, with exit code 0. */
export function smallestProgram(architecture: Architecture): Buffer {
  return staticProgram(architecture, () => Buffer.from(EXIT[architecture]));
}

/** A static program of one segment, readable and executable. @param textAt its code, for the address at which that is loaded */
export function staticProgram(architecture: Architecture, textAt: (address: number) => Buffer): Buffer {
  const { bits, machine } = processorFacts(architecture).elf;
  const wide = bits === 64;
  const [headerBytes, segmentBytes] = wide ? [64, 56] : [52, 32];
  const start = headerBytes + segmentBytes;
  const text = textAt(ADDRESS + start);
  const size = start + text.length;
  const file = Buffer.alloc(size);
  let at = MAGIC_BYTES;
  const half = (value: number) => void (at = file.writeUInt16LE(value, at));
  const word = (value: number) => void (at = file.writeUInt32LE(value, at));
  const address = (value: number) =>
    void (at = wide ? file.writeBigUInt64LE(BigInt(value), at) : file.writeUInt32LE(value, at));
  magicOf(architecture).magic.copy(file);
  word(1);
  [ADDRESS + start, headerBytes, 0].forEach(address);
  word(machine === processorFacts('armhf').elf.machine ? ARM_FLAGS : 0);
  [headerBytes, segmentBytes, 1, 0, 0, 0].forEach(half);
  // PT_LOAD, readable and executable; the 64-bit header has the flags second, the 32-bit one last but one.
  word(1);
  if (wide) word(5);
  [0, ADDRESS, ADDRESS, size, size].forEach(address);
  if (!wide) word(5);
  address(0x1000);
  text.copy(file, start);
  return file;
}

/** Whether bytes begin a program or shared object of the architecture. */
export function isOf(architecture: Architecture, head: Uint8Array): boolean {
  const { magic, mask } = magicOf(architecture);
  return (
    head.length >= MAGIC_BYTES &&
    magic.every((byte, at) => (byte & (mask[at] ?? 0)) === ((head[at] ?? 0) & (mask[at] ?? 0)))
  );
}
