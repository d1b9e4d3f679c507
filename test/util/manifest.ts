/** Manifests for tests. */
import {
  type Artifact,
  MANIFEST_FORMAT,
  type Manifest,
  type ReleaseFile,
  type Role,
} from '../../artifacts/release/manifest.js';
import { sha256OfText } from '../../base/digest.js';
import { CONSOLES } from '../../stages/distribution/debian/console.js';

const ROLES: Readonly<Record<string, Role>> = {
  'disk.img': 'lun-image',
  vmlinuz: 'kernel',
  'initrd.img': 'initramfs',
  'boot/cmdline.san': 'command-line',
  'boot/cmdline.direct': 'command-line',
  'boot/sanboot.ipxe': 'ipxe-script',
  'boot/direct.ipxe': 'ipxe-script',
};

/** Files with the roles that the stages give to these names. */
export function withRoles(files: readonly ReleaseFile[]): Artifact[] {
  return files.map((file) => ({ ...file, role: ROLES[file.path] ?? 'other' }));
}

const EMPTY = { bytes: 0, digest: `sha256:${sha256OfText('')}` };

/** Artifacts as a build of Debian has them, all empty. */
export const ARTIFACTS = withRoles(Object.keys(ROLES).map((path) => ({ path, ...EMPTY })));

export const BOOT: Manifest['boot'] = [
  { method: 'san', artifacts: { 'command-line': 'boot/cmdline.san', 'ipxe-script': 'boot/sanboot.ipxe' } },
  {
    method: 'direct',
    artifacts: {
      kernel: 'vmlinuz',
      initramfs: 'initrd.img',
      'command-line': 'boot/cmdline.direct',
      'ipxe-script': 'boot/direct.ipxe',
    },
  },
];

/** Both boot methods of a PC, without the files that they need. */
export const METHODS: Manifest['boot'] = [
  { method: 'san', artifacts: {} },
  { method: 'direct', artifacts: {} },
];

/** What Debian shows on the console of a PC. */
export const CONSOLE = { device: 'ttyS0', ...CONSOLES['initramfs-tools'] };

/** A manifest that the schema takes, without a file. */
export function smallManifest(change: Partial<Manifest> = {}): Manifest {
  return {
    format: MANIFEST_FORMAT,
    recipe: { name: 'tiny', version: '1.2.0', sha256: '0'.repeat(64) },
    platform: 'pc',
    architecture: 'amd64',
    epoch: 1,
    distribution: { id: 'debian', version: '12' },
    kernel: { version: '6.1.0-9-amd64', commandLine: 'root=UUID=1 console=ttyS0,115200' },
    console: CONSOLE,
    artifacts: [],
    boot: [],
    disk: { table: 'gpt', bytes: 2 ** 20, guid: 'g', partitions: [] },
    packages: [],
    tools: {},
    lunsmith: '0.1.0',
    ...change,
  };
}

/** What a release without Linux has: no distribution, no kernel, no console, no packages. */
export function withoutLinux({
  distribution: _d,
  kernel: _k,
  console: _c,
  packages: _p,
  ...manifest
}: Manifest): Manifest {
  return manifest;
}
