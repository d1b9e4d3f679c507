import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ipxeBinaries } from '../../../artifacts/formats/ipxe-binaries.js';
import type { Ports } from '../../../base/ports.js';
import { ask, ports } from './tools.js';

it('finds the boot programs of the installed packages, with their versions', async () => {
  const { version, packages, files } = await ipxeBinaries(ports);
  expect(version).toBe((await ask('dpkg-query', '-W', '-f', '${Version}', 'ipxe')).trim());
  expect(Object.keys(packages)).toEqual(['ipxe', 'pxelinux', 'syslinux-common']);
  expect(files.map(({ name }) => name)).toEqual([
    'undionly.kpxe',
    'snponly.efi',
    'ipxe.lkrn',
    'pxelinux.0',
    'ldlinux.c32',
  ]);
  const undionly = createHash('sha256')
    .update(files[0]?.bytes ?? '')
    .digest('hex');
  expect(await ask('sha256sum', '/usr/lib/ipxe/undionly.kpxe')).toContain(undionly);
});

it('says what to install', async () => {
  const run: Ports['run'] = () => Promise.resolve({ stdout: '', stderr: '', exitCode: 1 });
  await expect(ipxeBinaries({ run })).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'The boot programs of iPXE are not on this machine.',
        expected:
          '/usr/lib/ipxe/undionly.kpxe, /usr/lib/ipxe/snponly.efi, /usr/lib/ipxe/ipxe.lkrn of the package ipxe',
        found: 'the package is not installed',
        hint: 'Install it: apt-get install ipxe.',
      },
    ],
  });
});
