/** Differences between the files of two file systems that should be the same. */

import { compareTrees, type FileChange, octal } from '../../formats/file-tree/compare.js';
import { readContent } from '../../formats/file-tree/content.js';
import type { FileEntry } from '../../formats/file-tree/tree.js';
import { TIMES } from '../../formats/file-tree/tree.js';
import { excerpt, firstDifferentByte, type ImageDifference } from './difference.js';
import type { OpenTree } from './images.js';

/** Each file with the field that differs; the same time of many files is one difference. */
export async function treeDifferences(a: OpenTree, b: OpenTree): Promise<ImageDifference[]> {
  const { added, removed, changed } = compareTrees(a, b, { times: true });
  const found: ImageDifference[] = [];
  for (const change of changed) {
    found.push(...fieldDifferences(change));
    if (change.block !== undefined) found.push(await contentDifference(a, b, change.path));
  }
  return [
    ...found,
    ...loneFiles(removed, 'expected'),
    ...loneFiles(added, 'found'),
    ...timeDifferences(changed),
  ];
}

type Field = FileChange['changes'][number];

const isTime = ({ what }: Field) => TIMES.some((name) => name === what);

function fieldDifferences({ path, changes, block }: FileChange): ImageDifference[] {
  return (
    changes
      // A file of another size has other content, which tells more.
      .filter((field) => !isTime(field) && field.what !== 'content')
      .filter(({ what }) => what !== 'size' || block === undefined)
      .map((field) => difference(field, path))
  );
}

function difference({ what, old = '', new: now = '' }: Field, path: string): ImageDifference {
  return { part: `${what} of ${path}`, path, expected: old, found: now };
}

function timeDifferences(changed: readonly FileChange[]): ImageDifference[] {
  return TIMES.flatMap((name) => {
    const files = changed.flatMap(({ path, changes }) => {
      const field = changes.find(({ what }) => what === name);
      return field === undefined ? [] : [difference(field, path)];
    });
    const [first] = files;
    if (first === undefined) return [];
    const more = files.length === 1 ? '' : ` and of ${files.length - 1} more`;
    return [{ ...first, part: `${first.part}${more}` }];
  });
}

/** Files that one release has alone; what lies below such a directory is counted with it. */
function loneFiles(files: readonly FileEntry[], side: 'expected' | 'found'): ImageDifference[] {
  const found: ImageDifference[] = [];
  for (let index = 0; index < files.length; ) {
    const { path, type, mode, uid, gid, size } = files[index] as FileEntry;
    let next = index + 1;
    while (files[next]?.path.startsWith(`${path}/`)) next += 1;
    const below = next - index - 1;
    const more = below === 0 ? '' : ` with ${below} ${below === 1 ? 'file' : 'files'} below it`;
    const own = `${type} ${octal(mode)} ${uid}:${gid}, ${size} bytes${more}`;
    found.push({ part: path, path, expected: 'no such file', found: 'no such file', [side]: own });
    index = next;
  }
  return found;
}

async function contentDifference(a: OpenTree, b: OpenTree, path: string): Promise<ImageDifference> {
  const [left, right] = [await contentOf(a, path), await contentOf(b, path)];
  const at = firstDifferentByte(left, right);
  if (at === undefined)
    return { part: `bytes behind the end of ${path}`, path, expected: 'the same bytes', found: 'others' };
  const part = `content of ${path} at its byte ${at}`;
  return { part, path, expected: excerpt(left, at), found: excerpt(right, at) };
}

async function contentOf({ volume, tree }: OpenTree, path: string): Promise<Buffer> {
  const inode = tree.inodes.get(tree.files.get(path)?.inode ?? 0);
  return inode === undefined ? Buffer.alloc(0) : readContent(volume, inode.size, inode);
}
