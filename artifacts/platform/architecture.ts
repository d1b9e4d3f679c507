/** Architectures of processors by Debian's words for them, and what others call them. */

export interface ProcessorFacts {
  /** Of the programs: EI_CLASS and e_machine of elf(5); all are little-endian. */
  readonly elf: { readonly bits: 32 | 64; readonly machine: number };
  /** QEMU's word: `qemu-WORD-static` runs its programs. */
  readonly qemu: string;
  /** The word of Node.js, process.arch. */
  readonly node: string;
}

const PROCESSORS = {
  amd64: { elf: { bits: 64, machine: 62 }, qemu: 'x86_64', node: 'x64' },
  arm64: { elf: { bits: 64, machine: 183 }, qemu: 'aarch64', node: 'arm64' },
  armhf: { elf: { bits: 32, machine: 40 }, qemu: 'arm', node: 'arm' },
} as const satisfies Record<string, ProcessorFacts>;

export type Architecture = keyof typeof PROCESSORS;

export const ARCHITECTURES = Object.keys(PROCESSORS) as [Architecture, ...Architecture[]];

export function processorFacts(architecture: Architecture): ProcessorFacts {
  return PROCESSORS[architecture];
}
