/** The machine that a program is for, from its ELF header (elf(5)). */
import type { Architecture } from '../../pipeline/stage.js';

/** By e_machine. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  40: 'armhf',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
};

/** So much of a file tells its machine. */
export const ELF_HEAD_BYTES = 20;

/** Debian's name of the machine, `ELF machine N` for others, or what it is instead. */
export function elfArchitecture(header: Uint8Array): Architecture | (string & {}) {
  if (header.length < ELF_HEAD_BYTES || Buffer.from(header.subarray(0, 4)).toString('latin1') !== '\x7fELF')
    return 'no ELF program';
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const machine = view.getUint16(18, header[5] !== 2);
  return MACHINES[machine] ?? `ELF machine ${machine}`;
}
