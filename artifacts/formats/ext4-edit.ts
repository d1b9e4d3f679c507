/**
 * Removes and replaces files of an unmounted ext4 file system in an image, by debugfs(8) and e2fsck(8): nothing is mounted. What a removed
 * file held is gone from the image too: free blocks become holes. Called for images that a system has run from.
 */
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';

export interface Ext4Place {
  readonly image: string;
  /** Bytes from the start of the image. */
  readonly offset: number;
  /** How messages name it. */
  readonly name: string;
  /** A private folder. */
  readonly scratch: string;
}

/** e2fsck(8): errors were corrected; it is clean now. */
const CORRECTED = 1;
const LINK = 'edit.img';
const SOURCE = 'edit-file';

/** Replays the journal and mends what can be mended without a question. @throws Failure of kind `integrity` when that is not enough */
export function mendExt4(run: Ports['run'], place: Ext4Place): Promise<void> {
  return check(run, place, ['-p']);
}

/** Checks all of it, and makes holes of what is free. @throws Failure of kind `integrity` when it cannot be mended */
export function discardFree(run: Ports['run'], place: Ext4Place): Promise<void> {
  return check(run, place, ['-f', '-y', '-E', 'discard']);
}

async function check(run: Ports['run'], place: Ext4Place, options: readonly string[]): Promise<void> {
  await linked(place, async (image) => {
    const { exitCode, stdout } = await run(['e2fsck', ...options, image], {
      doing: `check the file system of ${place.name}`,
      cwd: place.scratch,
      quiet: true,
      okExitCodes: [0, CORRECTED, 2, 4, 8],
    });
    if (exitCode <= CORRECTED) return;
    throw new Failure('integrity', {
      what: `The file system of ${place.name} is damaged.`,
      found: stdout.trim().split('\n').at(-1) ?? `exit code ${exitCode} of e2fsck`,
      hint: 'Start the client, let it check its disk (`fsck.mode=force` on its kernel command line), switch it off by its own shutdown, and try again.',
    });
  });
}

export interface Ext4Edits {
  /** Absolute paths of files, links and other entries that are no directories. */
  readonly remove: readonly string[];
  /** Files with new bytes, of mode 0644 and root's; in the place of one that is there. */
  readonly replace: ReadonlyMap<string, string>;
}

/** The commands of debugfs(8), which says of none whether it failed. @throws Failure of kind `usage` for a name that they cannot hold */
export function editCommands({ remove, replace }: Ext4Edits): string {
  const lines = [
    ...remove.map((path) => `rm ${word(path)}`),
    ...[...replace.keys()].flatMap((path, index) => [
      `rm ${word(path)}`,
      `write ${SOURCE}-${index} ${word(path)}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** To be looked at afterwards: debugfs tells of no failure. @throws Failure of kind `tool` or `host` from debugfs */
export async function editExt4(run: Ports['run'], place: Ext4Place, edits: Ext4Edits): Promise<void> {
  const sources = [...edits.replace.values()].map((_, index) => join(place.scratch, `${SOURCE}-${index}`));
  try {
    for (const [index, text] of [...edits.replace.values()].entries())
      await writeFile(sources[index] as string, text, { mode: 0o644 });
    await linked(place, (image) =>
      run(['debugfs', '-w', '-f', '-', image], {
        doing: `take traces out of ${place.name}`,
        cwd: place.scratch,
        input: editCommands(edits),
        quiet: true,
        env: { DEBUGFS_PAGER: '__none__' },
      }),
    );
  } finally {
    for (const path of sources) await rm(path, { force: true });
  }
}

/** An image's path ends for these tools at a question mark, and for debugfs at a space. */
async function linked<T>(
  { image, offset, scratch }: Ext4Place,
  work: (image: string) => Promise<T>,
): Promise<void> {
  const link = join(scratch, LINK);
  try {
    await symlink(image, link);
    await work(`${LINK}?offset=${offset}`);
  } finally {
    await rm(link, { force: true });
  }
}

/** Within double quotes only a double quote has a meaning, which is doubled (libss, parse.c). */
function word(path: string): string {
  if (!/[\p{Cc}]/u.test(path)) return `"${path.replaceAll('"', '""')}"`;
  throw new Failure('usage', {
    what: 'A file to be removed has a name that cannot be told to debugfs.',
    expected: 'a name without control characters',
    found: JSON.stringify(path),
    hint: 'Remove it on the client.',
  });
}
