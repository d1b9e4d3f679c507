/** Releases whose files boot nothing, for tests of what becomes of them on a host. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { commitRelease, digestFiles } from '../../artifacts/release/release.js';
import { createPorts } from '../../base/command.js';
import { smallRelease } from './hosts.js';
import { withRoles } from './manifest.js';

/** @param home where it appears below `out` @param disk its image @param about of its disk, in the manifest */
export async function writeTinyRelease(
  home: string,
  version: string,
  disk: Buffer,
  about: Partial<Pick<Manifest['disk'], 'table' | 'overlay'>> = {},
): Promise<{ readonly path: string; readonly digest: string }> {
  const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  const staging = join(home, `${version}.partial`);
  await mkdir(join(staging, 'boot'), { recursive: true });
  await writeFile(join(staging, 'disk.img'), disk);
  await writeFile(join(staging, 'vmlinuz'), `kernel ${version}`);
  await writeFile(join(staging, 'initrd.img'), `initramfs ${version}`);
  await writeFile(join(staging, 'boot', 'sanboot.ipxe'), sanbootScript('EFI/BOOT/BOOTX64.EFI'));
  const artifacts = withRoles(await digestFiles(staging));
  const boot = [{ method: 'san' as const, artifacts: { 'ipxe-script': 'boot/sanboot.ipxe' } }];
  const { manifest: small } = smallRelease(version, disk.length);
  const manifest = { ...small, artifacts, boot, disk: { ...small.disk, ...about } };
  return commitRelease(staging, join(home, 'out'), manifest, ports);
}
