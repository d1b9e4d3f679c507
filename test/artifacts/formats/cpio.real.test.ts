import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CpioEntry, readCpio, writeCpio } from '../../../artifacts/formats/cpio.js';
import { cpioEntries } from './cpio-entries.js';
import { cpioExtract } from './judges.js';
import { ask, run, testFolder } from './tools.js';

const root = { uid: 0, gid: 0 };
const entries: CpioEntry[] = [
  { type: 'directory', path: 'etc', mode: 0o755, ...root },
  {
    type: 'file',
    path: 'etc/iscsi.initramfs',
    mode: 0o600,
    ...root,
    content: Buffer.from('ISCSI_AUTO=true\n'),
  },
  { type: 'file', path: 'etc/empty', mode: 0o644, uid: 1000, gid: 100, content: Buffer.alloc(0) },
  { type: 'file', path: 'etc/Főtanúsítvány', mode: 0o644, ...root, content: Buffer.from('x') },
  { type: 'symlink', path: 'etc/link', mode: 0o777, ...root, target: 'iscsi.initramfs' },
];

it('is listed and unpacked by GNU cpio', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('a.cpio'), writeCpio(entries, 1_700_000_000));
  const list = await ask('cpio', '--quiet', '-itvn', '-F', folder.at('a.cpio'));
  expect(
    list
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    'drwxr-xr-x 2 0 0 0 Nov 14 2023 etc',
    '-rw------- 1 0 0 16 Nov 14 2023 etc/iscsi.initramfs',
    '-rw-r--r-- 1 1000 100 0 Nov 14 2023 etc/empty',
    '-rw-r--r-- 1 0 0 1 Nov 14 2023 etc/Főtanúsítvány',
    'lrwxrwxrwx 1 0 0 15 Nov 14 2023 etc/link -> iscsi.initramfs',
  ]);
  const unpack = { doing: 'unpack', cwd: folder.path };
  await run(['cpio', '--quiet', '-id', '--no-preserve-owner', '-F', folder.at('a.cpio')], unpack);
  expect(await readFile(folder.at('etc/link'), 'utf8')).toBe('ISCSI_AUTO=true\n');
});

it('is read by cpio-stream', async () => {
  const plain = entries.filter(({ path }) => !path.includes('ő'));
  const extract = cpioExtract();
  const seen: unknown[] = [];
  extract.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      const { name, mode, uid, gid } = header;
      seen.push({ path: name, mode: mode & 0o7777, uid, gid, content: Buffer.concat(chunks).toString() });
      next();
    });
    stream.resume();
  });
  const finished = new Promise((resolve, reject) => extract.once('finish', resolve).once('error', reject));
  extract.end(writeCpio(plain));
  await finished;
  expect(seen).toMatchObject(plain.map(({ path, mode, uid, gid }) => ({ path, mode, uid, gid })));
});

it('reads what GNU cpio writes', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('file'), 'content');
  const made = { doing: 'archive', cwd: folder.path, input: 'file\n' };
  await run(['cpio', '--quiet', '-o', '-H', 'newc', '-F', folder.at('a.cpio')], made);
  const [read] = readCpio(await readFile(folder.at('a.cpio')));
  expect(read).toMatchObject({ type: 'file', path: 'file', content: Buffer.from('content') });
});

it('holds names of any script and any mode, as GNU cpio sees them', async () => {
  await fc.assert(
    fc.asyncProperty(cpioEntries, async (any) => {
      await using folder = await testFolder();
      await writeFile(folder.at('a.cpio'), writeCpio(any));
      const list = await ask('cpio', '--quiet', '-it', '--null', '-F', folder.at('a.cpio'));
      expect(list.split('\0').slice(0, -1)).toEqual(any.map(({ path }) => path));
    }),
    { seed: 1, numRuns: 20 },
  );
});
