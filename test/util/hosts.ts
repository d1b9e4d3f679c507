/** Facts of target hosts, clients and releases for tests. */

import { createHash } from 'node:crypto';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { ClientFacts, ClientImage, HostFacts } from '../../hosts/site/facts.js';
import { ARTIFACTS, BOOT, smallManifest } from './manifest.js';

export function hostFacts(root: string, changed: Partial<HostFacts> = {}): HostFacts {
  return {
    name: 'san1',
    transport: { kind: 'directory' },
    root,
    address: '192.0.2.1',
    target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:san1', port: 3260 },
    clone: { kind: 'file' },
    retention: 0,
    http: { url: 'http://192.0.2.1' },
    dhcp: { kind: 'none' },
    gate: ['bios-san'],
    ...changed,
  };
}

/** A client by its number from 1 to 9. */
export function clientFacts(number: number, changed: Partial<ClientFacts> = {}): ClientFacts {
  const image: ClientImage = { name: 'debian', channel: 'stable', boot: 'san' };
  return {
    name: `web${number}`,
    host: 'san1',
    mac: `52:54:00:00:00:0${number}`,
    initiator: `iqn.2026-01.org.example:web${number}`,
    account: `web${number}`,
    secret: `env:SECRET${number}`,
    images: [image],
    menuSeconds: 5,
    follows: 'promote',
    ...changed,
  };
}

export interface SmallRelease {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly proofs: readonly Proof[];
  readonly disk: Buffer;
}

export function proofOf(release: string, cell: Proof['cell'], passed = true): Proof {
  return {
    format: 'lunsmith-proof/1',
    release,
    cell,
    passed,
    at: '2026-01-01T00:00:00Z',
    accelerator: 'tcg',
    network: 'user',
    seconds: 1,
    milestones: [],
    checks: [],
    tools: {},
  };
}

/** A release with an image of 1 MiB that holds its version's name, proven for BIOS; its other files are empty. */
export function smallRelease(
  version: string,
  bytes = 2 ** 20,
  changed: Partial<Manifest> = {},
): SmallRelease {
  const disk = Buffer.alloc(bytes);
  disk.write(version);
  const digestOfDisk = createHash('sha256').update(disk).digest('hex');
  const manifest = smallManifest({
    recipe: { name: 'debian-bookworm', version, sha256: '0'.repeat(64) },
    epoch: 0,
    kernel: { version: '6.1', commandLine: 'ro' },
    artifacts: ARTIFACTS.map((each) =>
      each.role === 'lun-image' ? { ...each, bytes, digest: `sha256:${digestOfDisk}` } : each,
    ),
    boot: BOOT,
    disk: { table: 'gpt', bytes, guid: '0', partitions: [] },
    ...changed,
  });
  const digest = sha256OfText(canonicalJson(manifest));
  return {
    digest,
    manifest,
    disk,
    proofs: [proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' })],
  };
}
