/** A small release on disk whose LUN image is one hole. */
import { createHash } from 'node:crypto';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { cellSchema, type Proof } from '../../artifacts/release/proof.js';
import { writeProof } from '../../artifacts/release/release.js';
import { canonicalJson, sha256OfText } from '../../base/digest.js';

const MIB = 1 << 20;

export interface ReleaseOnDisk {
  readonly path: string;
  readonly digest: string;
}

export async function writeRelease(path: string): Promise<ReleaseOnDisk> {
  await mkdir(join(path, 'boot'), { recursive: true });
  await writeFile(join(path, 'disk.img'), '');
  await truncate(join(path, 'disk.img'), 8 * MIB);
  await writeFile(join(path, 'boot', 'empty.ipxe'), '');
  const text = canonicalJson(manifest());
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
  return {
    format: 'lunsmith-manifest/1',
    recipe: { name: 'tiny', version: '1.2.0', sha256: '0'.repeat(64) },
    architecture: 'amd64',
    epoch: 1_700_000_000,
    system: 'debian 12',
    kernel: { version: '6.1.0-9-amd64', commandLine: 'root=UUID=1 console=ttyS0,115200' },
    files: [
      { path: 'boot/empty.ipxe', bytes: 0, digest: `sha256:${sha256OfText('')}` },
      { path: 'disk.img', bytes: 8 * MIB, digest: `sha256:${zeros}` },
    ],
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
    lunsmith: '0.1.0',
  };
}
