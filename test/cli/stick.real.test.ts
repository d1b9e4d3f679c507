/** `lunsmith stick` on a host that is a folder: what is on the image, by other tools, and what is refused with nothing left behind. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readPartitionTable } from '../../artifacts/formats/partition-table.js';
import { run } from '../artifacts/formats/tools.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

let host: HostHome;
const { ok, lunsmith } = hostCalls(() => host);

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await host.site(`    gate: []
channels: [stable]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:chap' }
  web2: { mac: '52:54:00:00:00:02', channel: stable, secret: 'file:chap' }
`);
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  await writeFile(join(host.home, 'new.efi'), 'MZ\0iSCSI\0HTTP\0autoexec.ipxe\0');
  const release = await host.release('v1', Buffer.alloc(2 ** 20, 'v1'));
  await ok('publish', release);
  await ok('promote', 'debian-bookworm', 'stable');
  await ok('client', 'add', 'web1');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

async function filesOn(image: string): Promise<string[]> {
  const { stdout } = await run(['mdir', '-a', '-/', '-b', '-i', `${image}@@1M`, '::'], {
    doing: 'list a FAT',
  });
  return stdout
    .trim()
    .split('\n')
    .filter((path) => !path.endsWith('/'))
    .sort();
}

it('the image has one active FAT32 partition with all that both firmwares start, the same each time, and no secret', async () => {
  const out = await ok('stick', 'web1', '--output', 'web1.img', '--uefi-ipxe', 'new.efi');
  expect(out.split('\n').slice(1, 3)).toEqual([
    '  bios: iPXE asks http://127.0.0.1 what to boot, at each boot',
    '  uefi: iPXE asks http://127.0.0.1 what to boot, at each boot',
  ]);
  const image = join(host.home, 'web1.img');
  expect((await stat(image)).mode & 0o777).toBe(0o644);
  const { table, partitions } = await readPartitionTable(run, image);
  expect([table, partitions.map(({ type, firstLba }) => [type, firstLba])]).toEqual(['mbr', [['0c', 2048]]]);
  const bytes = await readFile(image);
  expect(bytes[0x1be]).toBe(0x80);
  expect(bytes.toString('latin1', 2 ** 20 + 82, 2 ** 20 + 87)).toBe('FAT32');
  expect(bytes.subarray(0, 440)).toEqual(
    await readFile('/usr/lib/SYSLINUX/mbr.bin').then((code) =>
      Buffer.concat([code, Buffer.alloc(440 - code.length)]),
    ),
  );
  expect(await filesOn(image)).toEqual([
    '::/EFI/BOOT/BOOTX64.EFI',
    '::/autoexec.ipxe',
    '::/boot.ipxe',
    '::/ipxe.lkrn',
    '::/ldlinux.c32',
    '::/ldlinux.sys',
    '::/syslinux.cfg',
  ]);
  expect(bytes.includes('canary-5-77ae')).toBe(false);
  await ok('stick', 'web1', '--output', 'again.img', '--uefi-ipxe', 'new.efi');
  expect((await readFile(join(host.home, 'again.img'))).equals(bytes)).toBe(true);
});

it.each([
  [
    ['web1', '-o', 'lunsmith.yaml', '--firmware', 'bios'],
    'lunsmith.yaml is there already; it stays as it is.',
  ],
  [['web1', '-o', 'none/x.img', '--firmware', 'bios'], 'The image of the stick cannot be made.'],
  [['web1', '-o', 'x.img'], 'No stick can lead a UEFI to main of web1 like this.'],
  [['web1', '-o', 'x.img', '--with-secret'], 'which offers san'],
  [['web1', '-o', 'x.img', '--uefi-ipxe', 'chap'], 'is no iPXE for a UEFI.'],
  [['web1', '-o', 'x.img', '--uefi-ipxe', 'gone.efi'], 'cannot be read.'],
  [['web1', '-o', 'x.img', '--image', 'mian', '--firmware', 'bios'], 'Did you mean `main`?'],
  [['web2', '-o', 'x.img', '--firmware', 'bios'], 'Run: npx lunsmith client add web2'],
  [['web3', '-o', 'x.img', '--firmware', 'bios'], 'The site has no client `web3`.'],
  [['web1', '-o', 'x.img', '--firmware', 'pi3'], 'Expected bios, uefi'],
  [['web1'], 'Required option `-o, --output <file>` not specified.'],
])('%j is refused, and nothing is left behind', async (args, message) => {
  const before = await readdir(host.home);
  const { code, err } = await lunsmith(['stick', ...args]);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(await readdir(host.home)).toEqual(before);
});
