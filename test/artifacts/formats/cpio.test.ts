import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, readCpio, writeCpio } from '../../../artifacts/formats/cpio.js';
import { cpioEntries } from './cpio-entries.js';
import { failureOf } from './tools.js';

const file: CpioEntry = {
  type: 'file',
  path: 'etc/iscsi.initramfs',
  mode: 0o600,
  uid: 0,
  gid: 0,
  content: Buffer.from('ISCSI_AUTO=true\n'),
};

it('reads back what it wrote', () => {
  fc.assert(
    fc.property(cpioEntries, fc.integer({ min: 0, max: 0xffffffff }), (entries, mtime) => {
      const read = readCpio(writeCpio(entries, mtime));
      const expected = entries.map((entry, index) => ({
        ...entry,
        ...(entry.type === 'file' ? { content: Buffer.from(entry.content) } : {}),
        mtime,
        inode: index + 1,
      }));
      expect(read).toEqual(expected);
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('ends on a block and pads every name and content to four bytes', () => {
  const archive = writeCpio([file]);
  expect(archive.length % 512).toBe(0);
  const name = Buffer.from(`${file.path}\0`);
  expect(archive.subarray(110, 110 + name.length)).toEqual(name);
  expect((110 + name.length) % 4).not.toBe(0);
  expect(archive.indexOf('ISCSI_AUTO') % 4).toBe(0);
});

it('writes the header as the kernel documents it', () => {
  const header = writeCpio([file], 0x65).toString('latin1', 0, 110);
  expect(header.match(/.{6}|.{8}/g)?.[0]).toBe('070701');
  const fields = header.slice(6).match(/.{8}/g);
  expect(fields).toEqual([
    '00000001', // inode
    '00008180', // regular file, 0600
    '00000000', // uid
    '00000000', // gid
    '00000001', // links
    '00000065', // mtime
    '00000010', // size
    '00000000',
    '00000000',
    '00000000',
    '00000000',
    '00000014', // name with its NUL
    '00000000', // checksum
  ]);
});

it('counts a name in bytes', () => {
  const archive = writeCpio([{ ...file, path: 'usr/share/ca-certificates/NetLock_Főtanúsítvány.crt' }]);
  const size = Number.parseInt(archive.toString('latin1', 94, 102), 16);
  expect(size).toBe(Buffer.byteLength('usr/share/ca-certificates/NetLock_Főtanúsítvány.crt') + 1);
  expect(archive[110 + size - 1]).toBe(0);
});

it('gives the same bytes twice', () => {
  expect(writeCpio([file])).toEqual(writeCpio([file]));
});

describe('refuses what the format cannot hold', () => {
  const cases: [string, CpioEntry[], string, string][] = [
    [
      'an absolute path',
      [{ ...file, path: '/etc' }],
      'a relative path without empty, `.` and `..` parts',
      '"/etc"',
    ],
    [
      'a way out',
      [{ ...file, path: 'a/../b' }],
      'a relative path without empty, `.` and `..` parts',
      '"a/../b"',
    ],
    ['no path', [{ ...file, path: '' }], 'a relative path without empty, `.` and `..` parts', '""'],
    [
      'the trailer',
      [{ ...file, path: 'TRAILER!!!' }],
      'a relative path without empty, `.` and `..` parts',
      '"TRAILER!!!"',
    ],
    ['a path twice', [file, file], 'a path once only', 'the path twice'],
    ['a type in the mode', [{ ...file, mode: 0o100644 }], 'a mode from 0 to 07777', '0100644'],
    ['a large owner', [{ ...file, uid: 2 ** 32 }], 'an owner from 0 to 4294967295', '4294967296'],
    ['a negative group', [{ ...file, gid: -1 }], 'a group from 0 to 4294967295', '-1'],
    [
      'an empty link',
      [{ type: 'symlink', path: 'l', mode: 0o777, uid: 0, gid: 0, target: '' }],
      'a link target that is not empty and without NUL',
      '""',
    ],
  ];
  it.each(cases)('%s', (_, entries, expected, found) => {
    const failure = failureOf(() => writeCpio(entries));
    const path = entries.at(-1)?.path;
    expect(failure.kind).toBe('usage');
    expect(failure.diagnostics).toEqual([
      { what: `The path ${JSON.stringify(path)} cannot stand in a cpio archive.`, expected, found },
    ]);
  });
});

describe('says where an archive is broken', () => {
  const archive = writeCpio([file]);
  const second = 110 + 22 + 16;
  const damaged = (at: number, text: string) => {
    const copy = Buffer.from(archive);
    copy.write(text, at, 'latin1');
    return copy;
  };
  it.each([
    ['the magic', damaged(0, '070707'), 0, 'the magic 070701', '"070707"'],
    ['a name without NUL', damaged(129, 'x'), 0, 'a name that ends in NUL', 'none'],
    ['the size', damaged(54, '0FFFFFFF'), 0, '268435455 bytes of content', 'the end of the archive'],
    ['its end', archive.subarray(0, second), second, 'the magic 070701', '""'],
  ])('%s', (_, bytes, at, expected, found) => {
    const failure = failureOf(() => readCpio(bytes));
    expect(failure.kind).toBe('integrity');
    expect(failure.diagnostics).toEqual([
      { what: `The cpio archive is broken at byte ${at}.`, expected, found },
    ]);
  });
});
