import fc from 'fast-check';
import { expect, it } from 'vitest';
import { culprit } from '../../../../artifacts/release/compare/culprit.js';
import {
  type Difference,
  excerpt,
  firstDifferentByte,
} from '../../../../artifacts/release/compare/difference.js';
import { describeDifference, notTheSame } from '../../../../artifacts/release/compare/not-the-same.js';
import type { Release } from '../../../../artifacts/release/release.js';
import { renderFailure } from '../../../../cli/render/failure.js';
import { plainStyle } from '../../../../cli/render/style.js';

const release = {
  path: '/out/tiny',
  digest: 'a'.repeat(64),
  manifest: { recipe: { name: 'tiny' } },
} as unknown as Release;
const values = { expected: '1', found: '2' };
const root = { number: 3, name: 'root' };

function printed(first: Difference, ...more: Difference[]): string[] {
  return renderFailure(notTheSame(release, [first, ...more]).toRecord(), { style: plainStyle, cwd: '/' });
}

it('says what differs, where, and which step to look at', () => {
  const content: Difference = {
    ...{ file: 'disk.img', role: 'lun-image', partition: root },
    ...{ part: 'content of /etc/motd at its byte 1', path: '/etc/motd' },
    ...{ expected: '"ello"', found: '"allo"' },
  };
  const line: Difference = { file: 'boot/cmdline.san', offset: 5, line: 1, ...values };
  const failure = notTheSame(release, [content, line]);
  expect([failure.kind, failure.exitCode]).toEqual(['integrity', 9]);
  expect(printed(content, line)).toEqual([
    'error: Two builds of tiny are not the same.',
    `  Expected: the bytes of the first: sha256 ${'a'.repeat(64)}`,
    '  Found: 2 differences, below',
    '  Hint: Correct the steps that are named below, then build with --twice again.',
    '',
    'error: disk.img: content of /etc/motd at its byte 1 differs (partition 3 (root)).',
    '  Expected: "ello"',
    '  Found: "allo"',
    '  Hint: Look at the step that writes this file (packages, files or run): a date, a random number or the order of a directory ends up in it.',
    '',
    'error: boot/cmdline.san differs (line 1, byte 5).',
    '  Expected: 1',
    '  Found: 2',
    '  Hint: Look at the step `boot-artifacts`: it writes this file.',
  ]);
});

it('shows some of many, of each file the first', () => {
  const many = Array.from(
    { length: 30 },
    (_, at): Difference => ({ file: 'disk.img', offset: at, ...values }),
  );
  const lines = printed({ file: 'boot/a', offset: 1, ...values }, ...many, { file: 'vmlinuz', ...values });
  expect(lines[2]).toBe('  Found: 32 differences, of which 10 are below');
  expect(lines.filter((line) => line.startsWith('error: ')).slice(1)).toEqual([
    'error: boot/a differs (byte 1).',
    ...Array.from({ length: 8 }, (_, at) => `error: disk.img differs (byte ${at}).`),
    'error: vmlinuz differs.',
  ]);
});

it('says so when there is one', () => {
  expect(printed({ file: 'vmlinuz', ...values })[2]).toBe('  Found: 1 difference, below');
});

it('describes how much of the image differs', () => {
  const swap = { file: 'disk.img', offset: 9, partition: root, part: 'swap', blocks: 4, ...values };
  expect(describeDifference(swap)).toBe('disk.img: swap differs (partition 3 (root), byte 9, 4 blocks).');
});

const disk = (part: string, path?: string): Difference => ({
  ...{ file: 'disk.img', role: 'lun-image', part, ...values },
  ...(path === undefined ? {} : { path }),
});
const file = (path: string) => disk(`content of ${path} at its byte 0`, path);

it.each([
  [file('/boot/initrd.img-6.1.0-9-amd64'), 'Look at the step `initramfs`: it writes the initramfs.'],
  [
    { file: 'initrd.img', role: 'initramfs', ...values },
    'Look at the step `initramfs`: it writes the initramfs.',
  ],
  [
    { file: 'vmlinuz', role: 'kernel', ...values },
    'Look at the step `boot-artifacts`: it takes this file from the root tree.',
  ],
  [
    file('/etc/shadow'),
    'Look at the step `users`: a password hash with a new salt or the day of the last change.',
  ],
  [file('/etc/passwd-'), 'Look at the step `users`: it or a package adds accounts.'],
  [{ file: 'notes', role: 'other', ...values }, 'Look at the hook that adds this file.'],
  [file('/etc/fstab'), 'Look at the step `fstab`: it writes this file.'],
  [file('/etc/hostname'), 'Look at the step `hostname`: it writes this file.'],
  [file('/etc/systemd/network/10-boot.network'), 'Look at the step `network`: it writes this file.'],
  [file('/etc/iscsi/iscsid.conf'), 'Look at the step `iscsi-initiator`: it writes this file.'],
  [file('/usr/lib/locale/locale-archive'), 'Look at the step `locale`: it writes this file.'],
  [file('/etc/machine-id'), 'Look at the step `seal`: it should have removed what identifies one machine.'],
  [
    file('/var/cache/ldconfig/aux-cache'),
    'Look at the step `seal`: it should have removed caches and logs that packages leave.',
  ],
  [file('/var/lib/dpkg/status'), 'Look at the step `packages`: the package manager writes this file.'],
  [disk('access time of /etc', '/etc'), 'Look at the step `lun-image`: it sets these times to the epoch.'],
  [
    disk('modification time of /etc', '/etc'),
    'Look at the step `seal`: it sets times that are later than the epoch to it.',
  ],
  [
    disk('ext4 outside of its files'),
    'Look at the step `lun-image`: it writes the disk, its boot loader and its file systems.',
  ],
  [
    { file: 'manifest.json', part: 'disk.guid', ...values },
    'Look at the step `lun-image`: it lays out the disk.',
  ],
  [
    { file: 'manifest.json', part: 'packages[3].version', ...values },
    'Lock the packages: npx lunsmith lock RECIPE.',
  ],
  [{ file: 'manifest.json', part: 'recipe.sha256', ...values }, 'The recipe was changed between the builds.'],
  [
    { file: 'manifest.json', part: 'tools.e2fsprogs', ...values },
    'A tool of this host was updated between the builds.',
  ],
  [
    { file: 'manifest.json', part: 'kernel.version', ...values },
    'Look at the step `boot-artifacts`: it records kernel and command line.',
  ],
] satisfies [Difference, string][])('points at a step: %j', (difference, hint) => {
  expect(culprit(difference)).toBe(hint);
});

it('finds the first byte that differs', () => {
  const bytes = fc.uint8Array({ maxLength: 40, max: 2 });
  const property = fc.property(bytes, bytes, (a, b) => {
    const length = Math.max(a.length, b.length);
    const expected = Array.from({ length }, (_, at) => at).find((at) => a[at] !== b[at]);
    expect(firstDifferentByte(Buffer.from(a), Buffer.from(b))).toBe(expected);
  });
  fc.assert(property, { seed: 1, numRuns: 500 });
});

it.each([
  [Buffer.from('plain text that is long'), 6, '"text that is lon"'],
  [Buffer.from('a"b\n'), 0, '"a\\"b\\n"'],
  [Buffer.from([0, 1, 255]), 0, '00 01 ff'],
  [Buffer.alloc(4), 1, '3 zero bytes'],
  [Buffer.alloc(4), 4, 'the end of the file'],
])('shows bytes', (bytes, at, shown) => {
  expect(excerpt(bytes, at)).toBe(shown);
});
