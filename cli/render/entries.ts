/** Files of a release as lines, as ls(1) has them. */
import type { Entry } from '../../app/contents.js';
import { safeText } from './safe-text.js';
import { formatBytes, table } from './text.js';

const TYPES: Readonly<Record<Entry['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  'character device': 'c',
  'block device': 'b',
  fifo: 'p',
  socket: 's',
  'special file': '?',
};

/** One line each; names alone, or whole paths when `whole`. */
export function entryLines(entries: readonly Entry[], whole: boolean): string[] {
  return table(
    entries.map(({ path, type, mode, uid, gid, size, target, device }) => {
      const name = nameText(whole ? path : path.slice(path.lastIndexOf('/') + 1));
      const ending = target === undefined ? (type === 'directory' ? '/' : '') : ` -> ${nameText(target)}`;
      return [
        `${TYPES[type]}${permissions(mode)}`,
        `${uid}:${gid}`,
        type === 'file' ? formatBytes(size) : (device ?? ''),
        `${name}${ending}`,
      ];
    }),
  );
}

/** On one line, and no two names look the same. */
function nameText(name: string): string {
  return safeText(name).replaceAll('\n', '\\u000a');
}

/** `rwxr-x--T`, see ls(1). */
function permissions(mode: number): string {
  const bit = (mask: number, letter: string) => ((mode & mask) === 0 ? '-' : letter);
  const special = (mask: number, execute: number, letter: string) => {
    if ((mode & mask) === 0) return bit(execute, 'x');
    return (mode & execute) === 0 ? letter.toUpperCase() : letter;
  };
  return [
    bit(0o400, 'r') + bit(0o200, 'w') + special(0o4000, 0o100, 's'),
    bit(0o040, 'r') + bit(0o020, 'w') + special(0o2000, 0o010, 's'),
    bit(0o004, 'r') + bit(0o002, 'w') + special(0o1000, 0o001, 't'),
  ].join('');
}
