import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ipxeBinaries } from '../../../artifacts/formats/ipxe-binaries.js';
import { ipxeFeatures } from '../../../artifacts/formats/ipxe-features.js';
import { decodeLzma } from '../../../artifacts/formats/lzma-raw.js';
import { checkPrograms } from '../../../hosts/boot-files/needs.js';
import { HOST } from '../../hosts/boot-host.js';
import { ports, run, testFolder } from './tools.js';

const DEBIAN = ['HTTP', 'DNS', 'iSCSI', 'TFTP', 'Menu'];

it('of the programs that Debian has, packed or not, are what they print at their start', async () => {
  const { files } = await ipxeBinaries(ports);
  const features = files.map(({ name, bytes }) => [name, ipxeFeatures(bytes)] as const);
  const ipxe = features.filter(([name]) => !['pxelinux.0', 'ldlinux.c32'].includes(name));
  expect(ipxe.map(([name]) => name)).toEqual(['undionly.kpxe', 'snponly.efi', 'ipxe.lkrn']);
  for (const [, has] of ipxe) expect([...(has ?? [])]).toEqual(DEBIAN);
  for (const [name, has] of features)
    if (!ipxe.some(([other]) => other === name)) expect(has).toBeUndefined();
});

it('what is no iPXE has none', async () => {
  expect(ipxeFeatures(await readFile('/usr/lib/syslinux/modules/bios/ldlinux.c32'))).toBeUndefined();
  expect(ipxeFeatures(new Uint8Array(0))).toBeUndefined();
  expect(ipxeFeatures(new Uint8Array(4096))).toBeUndefined();
});

it('a site that asks for HTTPS is refused with them', async () => {
  const host = { ...HOST, http: { url: 'https://10.77.0.1' } };
  const binaries = await ipxeBinaries(ports);
  expect(() => checkPrograms(host, [], binaries)).toThrow(expect.objectContaining({ kind: 'usage' }));
  checkPrograms(HOST, [], binaries);
});

it.each([
  ['text', Buffer.from('the same words again, and again the same words; '.repeat(500))],
  ['a program', undefined],
  ['zeros', Buffer.alloc(100_000)],
])('what xz packs is unpacked: %s', async (_, text) => {
  await using folder = await testFolder();
  const plain = text ?? (await readFile('/usr/bin/env'));
  await writeFile(folder.at('plain'), plain);
  await run(
    ['xz', '--keep', '--format=raw', '--lzma1=lc=2,lp=0,pb=0', '--suffix=.lzma', folder.at('plain')],
    {
      doing: 'pack',
    },
  );
  const packed = await readFile(folder.at('plain.lzma'));
  const unpacked = decodeLzma(packed, { literalContext: 2, limit: 2 ** 22 });
  expect(unpacked.equals(plain)).toBe(true);
  // Whatever is cut off or changed, it ends.
  packed.fill(0xa5, 40, 60);
  expect(decodeLzma(packed.subarray(0, 2000), { literalContext: 2, limit: 4096 }).length).toBeLessThanOrEqual(
    4096,
  );
});
