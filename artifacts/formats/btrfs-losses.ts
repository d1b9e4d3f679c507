/**
 * What mkfs.btrfs(8) would lose of its source without a word, looked for before it begins. Facts: btrfs-progs 6.2, mkfs/rootdir.c
 * (add_xattr_item ends at an attribute that is not handed out, as FUSE in a user namespace does with access control lists).
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import { readExt4Tree } from './ext4-read/tree.js';

const ACL = /^system\.posix_acl_(?:access|default)=/;

/** What overlayfs notes on its layers: no part of a tree. */
const OVERLAY = /^(?:trusted|user)\.overlay\./;

/** Of these systemd sets the lists at each boot (tmpfiles.d/systemd.conf), and its package does when it is installed. */
const JOURNAL = /^\/var\/log\/journal(?:\/|$)/;

export interface LossSource {
  /** An ext4 file system. */
  readonly source: string;
  /** Of the partition. */
  readonly label: string;
  /** Where it is mounted. */
  readonly mount?: string | undefined;
}

/** @throws Failure of kind `recipe` that names what has access control lists, and a top directory with extended attributes */
export async function requireNoLosses({ source, label, mount = '/' }: LossSource): Promise<void> {
  await using file = await open(source);
  const { files } = await readExt4Tree({ file, offset: 0, name: `the source of ${label}` });
  const [first, ...more] = [...files.values()]
    .filter(({ attributes }) => attributes.some((each) => ACL.test(each)))
    .map(({ path }) => join(mount, path))
    .filter((path) => !JOURNAL.test(path))
    .sort();
  if (first !== undefined)
    throw new Failure('recipe', {
      what: `The tree has access control lists, which ${label} cannot hold: mkfs.btrfs would lose them.`,
      expected: 'none but those of /var/log/journal, which systemd sets at each boot',
      found: `${first}${more.length === 0 ? '' : ` and ${more.length} more`}`,
      hint: 'Have the booted system set them, by a line `a+` of tmpfiles.d(5), and remove them in a `run` step: setfacl -b. Or use `filesystem: ext4`.',
    });
  const names = (files.get('/')?.attributes ?? []).filter((each) => !ACL.test(each) && !OVERLAY.test(each));
  if (names.length === 0) return;
  throw new Failure('recipe', {
    what: `The top directory of ${label} has extended attributes, which mkfs.btrfs does not take over.`,
    expected: 'none; what is below it may have some',
    found: names.map((each) => each.slice(0, each.lastIndexOf('='))).join(', '),
    hint: 'Remove them in a `run` step, or use `filesystem: ext4`.',
  });
}
