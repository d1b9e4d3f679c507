/** The files that differ between two releases as text for people. */
import { type FileChange, octal } from '../../artifacts/formats/file-tree/compare.js';
import type { FileEntry } from '../../artifacts/formats/file-tree/tree.js';
import type { FilesystemChanges } from '../../artifacts/release/compare/release-diff.js';
import { countChanges, type DiffSurroundings, sign } from './diff-marks.js';
import { cleanLine, formatBytes, plural, table } from './text.js';

/** How many files are shown of each kind; what a new directory holds counts as one. */
const SHOWN = 40;

export function filesystemLines(
  { mount, partition, added, removed, changed }: FilesystemChanges,
  { style, all }: DiffSurroundings,
): string[] {
  const counts = { added: added.length, removed: removed.length, changed: changed.length };
  const whole = {
    added: all ? added.map(alone) : fold(added),
    removed: all ? removed.map(alone) : fold(removed),
  };
  const rows = {
    added: whole.added.map((each) => [`  ${sign.added(style)} ${cleanLine(each.name)}`, each.facts]),
    removed: whole.removed.map((each) => [`  ${sign.removed(style)} ${cleanLine(each.name)}`, each.facts]),
    changed: changed.map((each) => [`  ${sign.changed(style)} ${cleanLine(each.path)}`, changeFacts(each)]),
  };
  return [
    `${style.bold(`Files of ${mount ?? `partition ${partition}`}`)}  ${countChanges(counts)}`,
    ...(['added', 'removed', 'changed'] as const).flatMap((kind) => {
      const shown = all ? rows[kind] : rows[kind].slice(0, SHOWN);
      const more = rows[kind].length - shown.length;
      return [
        ...table(shown),
        ...(more > 0 ? [style.dim(`  … and ${more} more ${kind}: --files lists them all`)] : []),
      ];
    }),
  ];
}

interface Row {
  readonly name: string;
  readonly facts: string;
}

/** One row for each file, but what lies below a directory of the list stands in that directory's row. */
function fold(files: readonly FileEntry[]): Row[] {
  const rows: { entry: FileEntry; below: number; bytes: number }[] = [];
  for (const entry of files) {
    const last = rows.at(-1);
    if (last?.entry.type === 'directory' && entry.path.startsWith(`${last.entry.path}/`)) {
      last.below += 1;
      if (entry.type === 'file') last.bytes += entry.size;
    } else rows.push({ entry, below: 0, bytes: 0 });
  }
  return rows.map(({ entry, below, bytes }) => {
    const row = alone(entry);
    return below === 0
      ? row
      : { ...row, facts: `${row.facts}, ${plural(below, 'file')} below it, ${formatBytes(bytes)}` };
  });
}

function alone(entry: FileEntry): Row {
  const { path, type, mode, uid, gid, size, target, device } = entry;
  if (type === 'symlink') return { name: path, facts: `-> ${cleanLine(target ?? '')}` };
  const owner = `${octal(mode)} ${uid}:${gid}`;
  if (type === 'file') return { name: path, facts: `${owner}, ${formatBytes(size)}` };
  return {
    name: type === 'directory' ? `${path}/` : path,
    facts: [type, owner, device].filter(Boolean).join(' '),
  };
}

function changeFacts({ changes }: FileChange): string {
  return changes
    .map(({ what, old, new: now }) => {
      if (old === undefined || now === undefined) return what;
      const [before, after] =
        what === 'size' ? [old, now].map((each) => formatBytes(Number(each))) : [old, now];
      // Sizes that look the same once rounded.
      return `${what} ${before === after ? `${old} B -> ${now} B` : `${before} -> ${after}`}`;
    })
    .map(cleanLine)
    .join(', ');
}
