/**
 * Tells an enlarged ext4 file system that the inode tables of its new groups are zeros, as everything is that was never written
 * to. resize2fs(8) leaves them to the kernel, which would write zeros over the network after the first boot: several MiB
 * for each GiB, for each client, into LUNs that are thin.
 */
import type { Ports } from '../../../base/ports.js';

/** Flags of a group descriptor; Linux Documentation/filesystems/ext4/group_descr.rst. */
const FLAGS = { INODE_UNINIT: 1, BLOCK_UNINIT: 2, ITABLE_ZEROED: 4 } as const;
const GROUP = /^Group (?<number>\d+): \(Blocks [^)]*\)(?: csum \S+)?(?: \[(?<flags>[A-Z_, ]*)\])?$/;

/**
 * The requests for debugfs(8), from what dumpe2fs(8) says of the groups; undefined when all tables are known to be zeros.
 */
export function zeroedRequests(dumpe2fs: string): string | undefined {
  const lines = dumpe2fs.split('\n').flatMap((line) => {
    const { number, flags = '' } = GROUP.exec(line)?.groups ?? {};
    if (number === undefined) return [];
    const names = flags.split(', ');
    if (names.includes('ITABLE_ZEROED')) return [];
    const value = Object.entries(FLAGS).reduce(
      (sum, [name, bit]) => (name === 'ITABLE_ZEROED' || names.includes(name) ? sum | bit : sum),
      0,
    );
    return [`set_bg ${number} flags ${value}`, `set_bg ${number} checksum calc`];
  });
  return lines.length === 0 ? undefined : `${lines.join('\n')}\n`;
}

/** @param place a file system as e2fsprogs take it, `FILE?offset=BYTES` */
export async function markInodeTables(run: Ports['run'], place: string): Promise<void> {
  const { stdout } = await run(['dumpe2fs', place], { doing: `read the groups of ${place}`, quiet: true });
  const requests = zeroedRequests(stdout);
  if (requests === undefined) return;
  await run(['debugfs', '-w', '-f', '-', place], {
    doing: `mark the inode tables of ${place}`,
    input: requests,
    quiet: true,
  });
}
