import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bootFilesInput, layDown } from '../../gate/client-host.js';
import { makeIdentity } from '../../gate/identity.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';
import { BOOT, smallManifest } from '../util/manifest.js';

it('makes what TFTP serves world-readable and accounts private, whatever the umask is', async () => {
  await using folder = await testFolder();
  const cell = { firmware: 'bios', path: 'san', secret: 'right' } as const;
  const digest = 'd'.repeat(64);
  const input = bootFilesInput({
    request: { cell, digest, manifest: smallManifest({ boot: BOOT }) },
    identity: makeIdentity(cell, digest),
    network: { server: '10.77.0.1', dhcp: { kind: 'none' } },
    root: folder.at('host'),
    disk: folder.at('disk.img'),
  });
  const before = process.umask(0o077);
  const host = await layDown(input, { release: folder.at('release'), digest }, ports).finally(() =>
    process.umask(before),
  );
  const entries = await readdir(host.tftp, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const folders = entries
    .filter((each) => each.isDirectory())
    .map((each) => join(each.parentPath, each.name));
  const modes = async (paths: readonly string[]) =>
    new Set(await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777)));
  expect(files.map((path) => path.slice(host.tftp.length + 1))).toEqual(
    expect.arrayContaining(['boot.ipxe', 'undionly.kpxe', 'snponly.efi']),
  );
  expect(await modes(files)).toEqual(new Set([0o644]));
  expect(await modes([host.tftp, ...folders])).toEqual(new Set([0o755]));
  expect(await modes([join(host.http, 'clients/gate-bios-san/account.ipxe')])).toEqual(new Set([0o600]));
  const kernel = await readFile(join(host.tftp, 'undionly.kpxe'));
  expect(kernel.equals(await readFile('/usr/lib/ipxe/undionly.kpxe'))).toBe(true);
});
