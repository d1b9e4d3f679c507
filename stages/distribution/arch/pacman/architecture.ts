/** Pacman's words for architectures, in those that the rest of lunsmith uses: Debian's. */
const WORDS: Readonly<Record<string, string>> = { x86_64: 'amd64', any: 'all' };

/** The only one that Arch Linux is made for. */
export const ARCH_ARCHITECTURE = 'x86_64';

export function commonArchitecture(own: string): string {
  return WORDS[own] ?? own;
}
