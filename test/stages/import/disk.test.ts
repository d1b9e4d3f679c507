import { describe, expect, it } from 'vitest';
import { aclForSystem } from '../../../artifacts/formats/file-tree/archive.js';
import { contentOf, type Part } from '../../../stages/import/disk.js';
import { mountsOf } from '../../../stages/import/root.js';
import { distributionOf } from '../../../stages/import/system.js';

describe('what a partition holds', () => {
  it.each([
    ['LUKS', 0, 'LUKS\xba\xbe'],
    ['LVM', 0x200, 'LABELONE'],
    ['btrfs', 0x10040, '_BHRfS_M'],
    ['XFS', 0, 'XFSB'],
    ['F2FS', 0x400, '\x10\x20\xf5\xf2'],
    ['squashfs', 0, 'hsqs'],
    ['swap', 0xff6, 'SWAPSPACE2'],
    ['ext4', 0x438, '\x53\xef'],
    ['FAT', 0x52, 'FAT32   '],
    ['FAT', 0x36, 'FAT16   '],
    ['nothing known', 0, ''],
  ] as const)('%s', (content, at, magic) => {
    const head = Buffer.alloc(0x11000);
    head.write(magic, at, 'latin1');
    expect(contentOf(head)).toBe(content);
  });
});

describe('what a system mounts of its disk', () => {
  const part = (number: number, content: Part['content'], ...names: string[]): Part => ({
    number,
    offset: number << 20,
    bytes: 1 << 20,
    content,
    names,
  });
  const parts = [
    part(1, 'FAT', 'PARTUUID=1a2b3c4d-01', 'UUID=12AB-34CD', 'LABEL=bootfs'),
    part(2, 'ext4', 'PARTUUID=1a2b3c4d-02', 'UUID=11111111-1111-4111-8111-111111111111'),
    part(3, 'swap'),
    part(4, 'ext4', 'LABEL=home'),
  ];
  it.each([
    ['PARTUUID=1a2b3c4d-01 /boot/firmware vfat defaults 0 2', ['/boot/firmware 1']],
    ['PARTUUID=1A2B3C4D-01\t/boot\tvfat', ['/boot 1']],
    ['UUID=12AB-34CD /boot vfat', ['/boot 1']],
    ['UUID="12ab-34cd" /boot vfat', ['/boot 1']],
    ['LABEL=home /home ext4', ['/home 4']],
    ['/dev/mmcblk0p1 /boot vfat', ['/boot 1']],
    ['/dev/sda4 /srv/my\\040files ext4', ['/srv/my files 4']],
    ['/dev/sda14 /home ext4', []],
    ['PARTUUID=1a2b3c4d-02 / ext4', []],
    ['/dev/sda3 none swap', []],
    ['/dev/sda3 /swap swap', []],
    ['# UUID=12AB-34CD /boot vfat', []],
    ['proc /proc proc', []],
    ['LABEL=home /boot/b ext4\nUUID=12AB-34CD /boot vfat', ['/boot 1', '/boot/b 4']],
  ])('%s', (fstab, expected) => {
    expect(mountsOf(fstab, parts).map((each) => `${each.at} ${each.part.number}`)).toEqual(expected);
  });
});

it.each([
  ['ID=debian\nPRETTY_NAME="Debian 12"\n', 'debian', 'Debian 12'],
  ['ID=raspbian\nID_LIKE=debian\n', 'debian', 'raspbian'],
  ["ID=mint\nID_LIKE='ubuntu debian'\n", 'debian', 'mint'],
  ['ID=fedora\nPRETTY_NAME=Fedora\n', undefined, 'Fedora'],
  ['', undefined, 'unknown'],
])('the distribution of %j', (text, id, title) => {
  expect(distributionOf(text)).toEqual([id, title]);
});

it('gives an access control list the form of system calls', () => {
  // user::rw-, user:1000:r--, group::r--, mask::r--, other::---
  const stored = '01000000' + '01000600' + '02000400e8030000' + '04000400' + '10000400' + '20000000';
  expect(aclForSystem(Buffer.from(stored, 'hex')).toString('hex')).toBe(
    '02000000' +
      '01000600ffffffff' +
      '02000400e8030000' +
      '04000400ffffffff' +
      '10000400ffffffff' +
      '20000000ffffffff',
  );
});
