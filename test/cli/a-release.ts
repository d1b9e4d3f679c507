/** A small release on disk whose LUN image is one hole. */
import { createHash } from 'node:crypto';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { cellSchema, type Proof } from '../../artifacts/release/proof.js';
import { writeProof } from '../../artifacts/release/release.js';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import { METHODS, smallManifest } from '../util/manifest.js';

const MIB = 1 << 20;

export interface ReleaseOnDisk {
  readonly path: string;
  readonly digest: string;
}

export async function writeRelease(
  path: string,
  change: (manifest: Manifest) => object = (manifest) => manifest,
): Promise<ReleaseOnDisk> {
  await mkdir(join(path, 'boot'), { recursive: true });
  await writeFile(join(path, 'disk.img'), '');
  await truncate(join(path, 'disk.img'), 8 * MIB);
  await writeFile(join(path, 'boot', 'empty.ipxe'), '');
  const text = canonicalJson(change(manifest()));
  await writeFile(join(path, 'manifest.json'), text);
  return { path, digest: sha256OfText(text) };
}

export async function addProof(release: ReleaseOnDisk, name: string, passed: boolean): Promise<void> {
  const [firmware, path, wrong] = name.split('-');
  const proof: Proof = {
    format: 'lunsmith-proof/1',
    release: release.digest,
    cell: cellSchema.parse({ firmware, path, secret: wrong === undefined ? 'right' : 'wrong' }),
    passed,
    at: '2026-01-02T03:04:05Z',
    accelerator: 'tcg',
    network: wrong === undefined ? 'tap' : 'user',
    seconds: 61.2,
    milestones: [],
    checks: [
      { name: 'login', passed: true, found: 'login:' },
      { name: 'root', passed, found: '/dev/sda3' },
    ],
    tools: {},
  };
  await writeProof(release.path, proof);
}

function manifest(): Manifest {
  const zeros = createHash('sha256')
    .update(Buffer.alloc(8 * MIB))
    .digest('hex');
  const guid = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
  return smallManifest({
    epoch: 1_700_000_000,
    artifacts: [
      { role: 'ipxe-script', path: 'boot/empty.ipxe', bytes: 0, digest: `sha256:${sha256OfText('')}` },
      { role: 'lun-image', path: 'disk.img', bytes: 8 * MIB, digest: `sha256:${zeros}` },
    ],
    boot: METHODS,
    disk: {
      table: 'gpt',
      bytes: 8 * MIB,
      guid: guid('1'),
      partitions: [
        {
          number: 1,
          name: 'bios-boot',
          type: guid('2').toUpperCase(),
          guid: guid('3'),
          firstLba: 2048,
          sectors: 2048,
          grow: false,
        },
        {
          number: 2,
          name: 'root',
          type: guid('4').toUpperCase(),
          guid: guid('5'),
          firstLba: 4096,
          sectors: 10_240,
          filesystem: 'ext4',
          filesystemUuid: guid('6'),
          mount: '/',
          grow: true,
        },
      ],
    },
    packages: [
      { name: 'dash', version: '0.5.12-2', architecture: 'amd64' },
      { name: 'systemd', version: '252.1', architecture: 'amd64' },
    ],
    tools: { mke2fs: '1.47.0' },
  });
}
