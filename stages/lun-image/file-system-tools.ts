/** What the file systems of a disk need of the host, besides what every image does. */
import { BTRFS_TOOLS, fuseProblem } from '../../artifacts/formats/btrfs.js';
import type { RecipeFacts, StageFinding, ToolNeed } from '../../pipeline/stage.js';

export function fileSystemTools({ disk }: Pick<RecipeFacts, 'disk'>): readonly ToolNeed[] {
  return disk.partitions.some(({ filesystem }) => filesystem === 'btrfs') ? BTRFS_TOOLS : [];
}

/** What keeps them from being made on this host. */
export function fileSystemFindings({ disk }: Pick<RecipeFacts, 'disk'>): StageFinding[] {
  const first = disk.partitions.findIndex(({ filesystem }) => filesystem === 'btrfs');
  const problem = first < 0 ? undefined : fuseProblem();
  return problem === undefined ? [] : [{ path: ['partitions', first, 'filesystem'], ...problem }];
}
