/** What reports tell, from manifests, proofs and blocks. */
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, it } from 'vitest';
import { mapDisk } from '../../../app/report/disk-map.js';
import { chooseName } from '../../../app/report/report.js';
import { sbomOf } from '../../../app/report/sbom.js';
import { timelinesOf } from '../../../app/report/timeline.js';
import { sha256OfText } from '../../../base/digest.js';
import { failureOf } from '../../artifacts/formats/tools.js';
import { clientFacts, hostFacts, proofOf } from '../../util/hosts.js';
import { smallManifest } from '../../util/manifest.js';

const MIB = 2 ** 20;
const BLOCKS = MIB / 4096;

it('the map of a disk has every byte once, and its data where it is', () => {
  const about = { type: 'T', guid: 'g', grow: false };
  const disk = {
    ...{ table: 'gpt' as const, bytes: 8 * MIB, guid: 'g' },
    partitions: [
      { ...about, number: 1, name: 'root', firstLba: 8192, sectors: 6144 },
      { ...about, number: 2, name: 'boot', firstLba: 2048, sectors: 6144 },
    ],
  };
  const digests = (...all: number[]) => BigUint64Array.from(all.map(BigInt));
  const parts = [
    { start: 0, end: 1, digests: digests(7) },
    // The last block of `boot`, and the first and third of `root`.
    { start: 4 * BLOCKS - 1, end: 4 * BLOCKS + 3, digests: digests(1, 2, 0, 3) },
  ];
  const map = mapDisk(smallManifest({ disk }), { bytes: disk.bytes, nonZero: 4, parts }, 8);
  expect(
    map.parts.map(({ start, bytes, data, partition }) => [
      start / MIB,
      bytes / MIB,
      data / 4096,
      partition?.name,
    ]),
  ).toEqual([
    [0, 1, 1, undefined],
    [1, 3, 1, 'boot'],
    [4, 3, 2, 'root'],
    [7, 1, 0, undefined],
  ]);
  expect(map.fill.map((part) => part * BLOCKS)).toEqual([1, 0, 0, 1, 2, 0, 0, 0]);
});

it('phases of a boot go from milestone to milestone, beside those of the release before', () => {
  const cell = { firmware: 'bios', path: 'san', secret: 'right' } as const;
  const at = (boot: number, milestone: string, seconds: number) => ({ boot, milestone, seconds });
  const now = {
    ...proofOf('a', cell),
    milestones: [
      at(1, 'power-on', 0),
      at(1, 'dhcp', 2),
      at(1, 'login', 9.5),
      at(2, 'power-on', 0),
      at(2, 'dhcp', 3),
    ],
  };
  const before = { ...proofOf('b', cell), milestones: [at(1, 'power-on', 0), at(1, 'login', 20)] };
  const silent = proofOf('a', { ...cell, firmware: 'uefi' });
  expect(timelinesOf([now, silent], [before])).toEqual([
    {
      ...{ cell: 'bios-san', accelerator: 'tcg' },
      boots: [
        {
          ...{ boot: 1, seconds: 9.5 },
          phases: [
            { reaches: 'dhcp', from: 0, to: 2 },
            { reaches: 'login', from: 2, to: 9.5 },
          ],
        },
        { boot: 2, seconds: 3, phases: [{ reaches: 'dhcp', from: 0, to: 3 }] },
      ],
      before: {
        accelerator: 'tcg',
        boots: [{ boot: 1, seconds: 20, phases: [{ reaches: 'login', from: 0, to: 20 }] }],
      },
    },
  ]);
});

it('the bill of materials is what CycloneDX’s schema asks for, and the same each time', async () => {
  const manifest = smallManifest({
    packages: [{ name: 'g++-12', version: '1:12.2.0-14+b1', architecture: 'amd64' }],
    artifacts: [{ role: 'kernel', path: 'vmlinuz', bytes: 1, digest: `sha256:${sha256OfText('x')}` }],
  });
  const text = sbomOf({ manifest, digest: sha256OfText('release') });
  const problem: unknown = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  expect(problem).toBeNull();
  expect(sbomOf({ manifest, digest: sha256OfText('release') })).toBe(text);
  const { components, metadata } = JSON.parse(text) as {
    components: { name: string; purl?: string }[];
    metadata: { component: { name: string } };
  };
  expect(metadata.component.name).toBe('tiny');
  expect(components.map(({ name, purl }) => [name, purl])).toEqual([
    ['vmlinuz', undefined],
    ['g++-12', 'pkg:deb/debian/g%2B%2B-12@1:12.2.0-14+b1?arch=amd64&distro=debian-12'],
  ]);
});

it('a name of the site is a host or a client, or refused', () => {
  const site = { hosts: [hostFacts('/srv')], clients: [clientFacts(1), { ...clientFacts(2), name: 'san1' }] };
  expect(chooseName(site, 'web1')).toEqual({ kind: 'client', name: 'web1' });
  expect(chooseName(site, 'host:san1')).toEqual({ kind: 'host', name: 'san1' });
  expect(chooseName(site, 'client:san1')).toEqual({ kind: 'client', name: 'san1' });
  expect(failureOf(() => chooseName(site, 'san1')).diagnostics[0]?.expected).toBe('host:san1 or client:san1');
  expect(failureOf(() => chooseName(site, 'wab1')).diagnostics[0]?.hint).toBe('Did you mean `web1`?');
});
