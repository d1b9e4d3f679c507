/** One place at which two releases that should be the same are not. */
import type { Role } from '../manifest.js';

export interface Difference {
  /** Path of the file in the release. */
  readonly file: string;
  /** What that file is for; absent of the manifest. */
  readonly role?: Role;
  /** The first byte of the file that differs, from 0; absent where `path` says more, or one release lacks the file. */
  readonly offset?: number;
  /** Of the LUN image: the partition that it is in, if any. */
  readonly partition?: { readonly number: number; readonly name: string };
  /** What differs in it: `content of /etc/machine-id at its byte 0`, `access time of /etc`, `disk.guid`. */
  readonly part?: string;
  /** The file in the image, or the member of the initramfs, that it belongs to. */
  readonly path?: string;
  /** Of the LUN image: how many 4 KiB blocks differ there. */
  readonly blocks?: number;
  /** Of a text: the first line that differs, from 1. */
  readonly line?: number;
  /** What the first release has there, and the second. */
  readonly expected: string;
  readonly found: string;
}

/** Of the LUN image, whose path the caller knows. */
export type ImageDifference = Omit<Difference, 'file' | 'role'>;

/** Bytes that an excerpt shows. */
const SHOWN = 16;

/** A few bytes for people: as text when all are printable, else in hex. */
export function excerpt(bytes: Buffer, at: number): string {
  const part = bytes.subarray(at, at + SHOWN);
  if (part.length === 0) return 'the end of the file';
  if (part.every((byte) => byte === 0)) return `${part.length} zero bytes`;
  const text = part.toString('latin1');
  if (/^[\x20-\x7e\n\t]+$/.test(text)) return JSON.stringify(text);
  return part.toString('hex').replace(/../g, '$& ').trim();
}

/** Position of the first byte that differs, the end of the shorter one included; undefined when they are the same. */
export function firstDifferentByte(a: Buffer, b: Buffer): number | undefined {
  if (a.equals(b)) return undefined;
  const length = Math.min(a.length, b.length);
  let [low, high] = [0, length];
  // Halving with the native comparison is far quicker than byte after byte.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (a.compare(b, low, middle + 1, low, middle + 1) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
