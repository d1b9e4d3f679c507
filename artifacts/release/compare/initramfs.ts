/** What differs between the members of two initramfs. */
import type { ReadCpioEntry } from '../../formats/cpio.js';
import { pair } from './change.js';

/** Paths, sorted. Times are not compared. */
export interface MemberChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export function compareMembers(a: readonly ReadCpioEntry[], b: readonly ReadCpioEntry[]): MemberChanges {
  const added: string[] = [];
  const removed: string[] = [];
  const changed: string[] = [];
  for (const { key, old, now } of pair(a, b, ({ path }) => path)) {
    if (old === undefined) added.push(key);
    else if (now === undefined) removed.push(key);
    else if (!sameMember(old, now)) changed.push(key);
  }
  return { added, removed, changed };
}

function sameMember(a: ReadCpioEntry, b: ReadCpioEntry): boolean {
  const content = a.type === 'file' && b.type === 'file' ? Buffer.compare(a.content, b.content) === 0 : true;
  const target = a.type === 'symlink' && b.type === 'symlink' ? a.target === b.target : true;
  const rest = a.type === b.type && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
  return rest && content && target;
}
