/** The first difference of the files of a release other than its LUN image. */
import type { Ports } from '../../../base/ports.js';
import type { ReadCpioEntry } from '../../formats/cpio.js';
import { readInitramfs } from '../initramfs.js';
import type { Artifact } from '../manifest.js';
import type { Release } from '../release.js';
import { readReleaseFile } from '../release-file.js';
import { type Difference, excerpt, firstDifferentByte } from './difference.js';
import { asText } from './text.js';

/** Undefined when the bytes are the same. @throws Failure of kind `integrity` when the file is missing */
export async function compareFile(
  a: Release,
  b: Release,
  { path, role }: Pick<Artifact, 'path' | 'role'>,
  ports: Ports,
): Promise<Difference | undefined> {
  const [left, right] = [await readReleaseFile(a, path), await readReleaseFile(b, path)];
  const offset = firstDifferentByte(left, right);
  if (offset === undefined) return undefined;
  if (asText(left) !== undefined && asText(right) !== undefined)
    return textDifference(path, offset, left, right);
  const bytes = { file: path, offset, expected: excerpt(left, offset), found: excerpt(right, offset) };
  return role === 'initramfs' ? { ...bytes, ...(await memberDifference(left, right, ports)) } : bytes;
}

function textDifference(file: string, offset: number, a: Buffer, b: Buffer): Difference {
  const line = a.subarray(0, offset).toString().split('\n').length;
  const [expected, found] = [a, b].map((bytes) => {
    const text = bytes.toString().split('\n')[line - 1];
    return text === undefined ? 'the end of the file' : JSON.stringify(text);
  });
  return { file, offset, line, expected: expected as string, found: found as string };
}

/** The first member that differs, in the order of the first archive. */
async function memberDifference(
  a: Buffer,
  b: Buffer,
  ports: Ports,
): Promise<Pick<Difference, 'part' | 'path' | 'expected' | 'found'> | undefined> {
  const [left, right] = [(await readInitramfs(a, ports))?.flat(), (await readInitramfs(b, ports))?.flat()];
  if (left === undefined || right === undefined) return undefined;
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index], right[index]];
    if (one?.path !== other?.path) {
      const [expected, found] = [one?.path ?? 'the end', other?.path ?? 'the end'];
      return { part: `member ${index + 1}`, expected, found };
    }
    const aspect = one && other && memberAspect(one, other);
    if (aspect !== undefined) return aspect;
  }
  return { part: 'the compressed form of the same members', ...NO_VALUES };
}

const NO_VALUES = { expected: 'the same bytes', found: 'the same members compressed in another way' };

function memberAspect(
  a: ReadCpioEntry,
  b: ReadCpioEntry,
): Pick<Difference, 'part' | 'path' | 'expected' | 'found'> | undefined {
  const { path } = a;
  const facts = (entry: ReadCpioEntry) => ({
    type: entry.type,
    mode: `0${entry.mode.toString(8)}`,
    owner: `${entry.uid}:${entry.gid}`,
    'link target': entry.type === 'symlink' ? entry.target : '',
    time: new Date(entry.mtime * 1000).toISOString().replace('.000', ''),
    'inode number': String(entry.inode),
  });
  if (a.type === 'file' && b.type === 'file') {
    const [left, right] = [Buffer.from(a.content), Buffer.from(b.content)];
    const at = firstDifferentByte(left, right);
    if (at !== undefined) {
      const part = `content of member ${path} at its byte ${at}`;
      return { part, path, expected: excerpt(left, at), found: excerpt(right, at) };
    }
  }
  const found = Object.entries(facts(b));
  for (const [index, [name, value]] of Object.entries(facts(a)).entries()) {
    const other = found[index]?.[1] ?? '';
    if (value !== other) return { part: `${name} of member ${path}`, path, expected: value, found: other };
  }
  return undefined;
}
