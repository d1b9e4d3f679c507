/** What differs between two releases as text for people. */
import type { BootChange } from '../../artifacts/release/compare/boot.js';
import type { Change } from '../../artifacts/release/compare/change.js';
import type { ImageChanges, ReleaseDiff } from '../../artifacts/release/compare/release-diff.js';
import { filesystemLines } from './diff-files.js';
import { countChanges, type DiffSurroundings, sign } from './diff-marks.js';
import type { Style } from './style.js';
import { cleanLine, formatBinary, formatBytes, shortPath, table } from './text.js';

/** How many members of an initramfs are shown of each kind. */
const SHOWN_MEMBERS = 10;

export function diffLines(diff: ReleaseDiff, surroundings: DiffSurroundings): string[] {
  const { style, cwd } = surroundings;
  if (diff.same) return [`The same release: sha256 ${diff.new.digest}`];
  const row = (name: string, { path, digest }: ReleaseDiff['old']) => [
    style.bold(name),
    shortPath(path, cwd),
    style.dim(`sha256 ${digest.slice(0, 16)}`),
  ];
  return [
    ...table([row('Old', diff.old), row('New', diff.new)]),
    ...(diff.origin.length === 0 ? [] : ['', style.bold('Origin'), ...changeLines(diff.origin, style)]),
    '',
    ...packageLines(diff, style),
    '',
    ...bootLines(diff, surroundings),
    '',
    ...section('Disk', changeLines(diff.disk, style), style),
    ...diff.filesystems.flatMap((each) => ['', ...filesystemLines(each, surroundings)]),
    '',
    ...blockLines(diff.blocks, style),
  ];
}

function section(name: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [`${style.bold(name)}  the same`] : [style.bold(name), ...lines];
}

function changeLines(changes: readonly Change[], style: Style): string[] {
  return table(changes.map((each) => [`  ${mark(each, style)} ${each.what}`, values(each)]));
}

function mark({ old, new: now }: Pick<Change | BootChange, 'old' | 'new'>, style: Style): string {
  if (old === undefined) return sign.added(style);
  return now === undefined ? sign.removed(style) : sign.changed(style);
}

function values({ old, new: now }: Pick<Change, 'old' | 'new'>): string {
  return [old, now].filter((each) => each !== undefined).join(' -> ');
}

function packageLines({ packages: { added, removed, changed } }: ReleaseDiff, style: Style): string[] {
  const counts = { added: added.length, removed: removed.length, changed: changed.length };
  const rows = [
    ...added.map((each) => [sign.added, each.name, each.version, each.architecture] as const),
    ...removed.map((each) => [sign.removed, each.name, each.version, each.architecture] as const),
    ...changed.map((each) => [sign.changed, each.name, values(each), each.architecture] as const),
  ].map(([mark, name, ...facts]) => [`  ${mark(style)} ${name}`, ...facts]);
  return [`${style.bold('Packages')}  ${countChanges(counts)}`, ...table(rows)];
}

function bootLines({ kernel, boot }: ReleaseDiff, { style, all }: DiffSurroundings): string[] {
  const rows = table([
    ...kernel.map((each) => [`  ${mark(each, style)} ${each.what}`, values(each)]),
    ...boot.map((each) => [`  ${mark(each, style)} ${each.path}`, bootFacts(each)]),
  ]);
  const lines = rows.flatMap((row, index) => {
    const file = boot[index - kernel.length];
    return file === undefined ? [row] : [row, ...bootDetail(file, style, all)];
  });
  return section('Boot', lines, style);
}

function bootFacts({ old, new: now, lines, members }: BootChange): string {
  const facts = [old, now].filter((each) => each !== undefined);
  const sizes = [...new Set(facts.map(({ bytes }) => formatBytes(bytes)))].join(' -> ');
  if (lines !== undefined) return sizes;
  const digests = facts.map(({ digest }) => digest.replace(/^.*:/, '').slice(0, 16)).join(' -> ');
  const inside =
    members === undefined
      ? ''
      : `, members: ${countChanges({
          added: members.added.length,
          removed: members.removed.length,
          changed: members.changed.length,
        })}`;
  return `${sizes}, sha256 ${digests}${inside}`;
}

function bootDetail({ lines = [], members }: BootChange, style: Style, all: boolean): string[] {
  const text = lines.map((line) => `      ${colourLine(cleanLine(line), style)}`);
  if (members === undefined) return text;
  return (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const paths = all ? members[kind] : members[kind].slice(0, SHOWN_MEMBERS);
    const more = members[kind].length - paths.length;
    return [
      ...paths.map((path) => `      ${sign[kind](style)} ${cleanLine(path)}`),
      ...(more > 0 ? [style.dim(`      … and ${more} more ${kind}: --files lists them all`)] : []),
    ];
  });
}

function colourLine(line: string, style: Style): string {
  if (line.startsWith('+')) return style.green(line);
  if (line.startsWith('-')) return style.red(line);
  return line.startsWith('@@') ? style.cyan(line) : line;
}

function blockLines(blocks: ImageChanges | undefined, style: Style): string[] {
  if (blocks === undefined) return [`${style.bold('LUN image')}  the same`];
  const { blockBytes, old, new: now, unchanged, moved, added } = blocks;
  const size = (count: number) => `${count} blocks, ${formatBytes(count * blockBytes)}`;
  const whole = (each: ImageChanges['old']) =>
    `${formatBinary(each.bytes)}, of which ${formatBytes(each.nonZeroBytes)} are not zero`;
  return [
    `${style.bold('LUN image')}  in blocks of ${formatBinary(blockBytes)}`,
    ...table([
      ['  old', whole(old)],
      ['  new', whole(now)],
      ['  at the same place', size(unchanged)],
      ['  at another place', size(moved)],
      ['  new content', size(added)],
    ]),
  ];
}
