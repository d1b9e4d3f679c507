import { expect, it } from 'vitest';
import type { BootMethod } from '../../../artifacts/platform/platform.js';
import type { Role } from '../../../artifacts/release/manifest.js';
import {
  artifactOf,
  artifactsOf,
  bootArtifact,
  distributionWords,
  lunImageOf,
  servedArtifacts,
} from '../../../artifacts/release/roles.js';
import { ARTIFACTS, BOOT, smallManifest, withoutLinux } from '../../util/manifest.js';
import { failureOf } from '../formats/tools.js';

const paths = (artifacts: readonly { readonly path: string }[]) => artifacts.map(({ path }) => path);
/** The same release with other names: code that goes by names fails here. */
const renamed = (path: string) => `other/${path}.bin`;
const OTHER = smallManifest({
  artifacts: ARTIFACTS.map((each) => ({ ...each, path: renamed(each.path) })),
  boot: BOOT.map(({ method, artifacts }) => ({
    method,
    artifacts: Object.fromEntries(Object.entries(artifacts).map(([role, path]) => [role, renamed(path)])),
  })),
});
const MANIFESTS = [smallManifest({ artifacts: ARTIFACTS, boot: BOOT }), OTHER] as const;

it.each<readonly [Role, readonly string[]]>([
  ['lun-image', ['disk.img']],
  ['kernel', ['vmlinuz']],
  ['initramfs', ['initrd.img']],
  ['command-line', ['boot/cmdline.san', 'boot/cmdline.direct']],
  ['ipxe-script', ['boot/sanboot.ipxe', 'boot/direct.ipxe']],
  ['other', []],
])('finds the artifacts with the role %s', (role, expected) => {
  const [plain, other] = MANIFESTS;
  expect(paths(artifactsOf(plain, role))).toEqual(expected);
  expect(paths(artifactsOf(other, role))).toEqual(expected.map(renamed));
  expect(artifactOf(plain, role)?.path).toBe(expected[0]);
});

it.each<readonly [BootMethod, Role, string | undefined]>([
  ['san', 'ipxe-script', 'boot/sanboot.ipxe'],
  ['san', 'kernel', undefined],
  ['direct', 'ipxe-script', 'boot/direct.ipxe'],
  ['direct', 'kernel', 'vmlinuz'],
  ['direct', 'initramfs', 'initrd.img'],
  ['direct', 'command-line', 'boot/cmdline.direct'],
])('finds what a %s boot has for the role %s', (method, role, expected) => {
  const [plain, other] = MANIFESTS;
  expect(bootArtifact(plain, method, role)).toBe(expected);
  expect(bootArtifact(other, method, role)).toBe(expected && renamed(expected));
});

it('shows no LUN image and nothing that a hook added', () => {
  const [note] = ARTIFACTS.map((each) => ({ ...each, role: 'other' as const, path: 'notes' }));
  const artifacts = note === undefined ? ARTIFACTS : [...ARTIFACTS, note];
  expect(paths(servedArtifacts({ artifacts }))).toEqual(
    paths(ARTIFACTS).filter((path) => path !== 'disk.img'),
  );
});

it('says of a release without a LUN image what it has', () => {
  expect(lunImageOf(OTHER)).toBe('other/disk.img.bin');
  const artifacts = ARTIFACTS.filter(({ role }) => role === 'kernel');
  expect(failureOf(() => lunImageOf(smallManifest({ artifacts }))).diagnostics).toEqual([
    {
      what: 'The release of tiny has no LUN image.',
      expected: 'one artifact with the role lun-image',
      found: 'vmlinuz (kernel)',
    },
  ]);
});

it('names a distribution with its version, without one, and none', () => {
  const manifest = smallManifest();
  expect(distributionWords(manifest)).toBe('debian 12');
  expect(distributionWords({ distribution: { id: 'arch' } })).toBe('arch');
  expect(distributionWords(withoutLinux(manifest))).toBeUndefined();
});
