/** Two kernels in one root: that of Debian 12, and the one of its backports, which came later. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN } from '../../stages/distribution/debian/apt/vendor.js';
import { archiveOfDebian } from '../util/archive.js';
import { runStages, type StageRig } from '../util/stage-rig.js';

const TOOLS = ['initramfs-tools', 'busybox', 'zstd', 'open-iscsi', 'udev'];

describe('a kernel from backports beside the one before', () => {
  let rig: StageRig;
  const lines = async (script: string) => (await rig.exec(['sh', '-c', script])).trim().split('\n');

  beforeAll(async () => {
    const backports = {
      name: 'backports',
      url: (await archiveOfDebian()).main,
      suite: 'bookworm-backports',
      keyring: DEBIAN.keyring,
    };
    rig = await runStages(
      [
        {
          uses: 'debootstrap',
          with: { suite: 'bookworm', pockets: [], documentation: false, repositories: [backports] },
        },
        { uses: 'packages', with: { install: ['linux-image-cloud-amd64', ...TOOLS] } },
        { uses: 'packages', with: { install: ['linux-image-cloud-amd64/bookworm-backports'] } },
        { uses: 'iscsi-initiator', with: {} },
        { uses: 'initramfs', with: { kernel: '6.1.*', 'other-kernels': 'bare' } },
        { uses: 'run', with: { script: '{ readlink /vmlinuz /initrd.img; ls /boot; } > /srv/first' } },
        { uses: 'initramfs', with: {} },
        { uses: 'boot-artifacts', with: {} },
      ],
      { base: 'empty' },
    );
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('is resolved and locked with its suite, and brings nothing else from there', () => {
    expect(rig.failure).toBeUndefined();
    const [, , upgrade] = rig.lock.steps;
    const ours = upgrade?.packages.map(({ name, version }) => `${name} ${version}`);
    expect(ours).toEqual([
      expect.stringMatching(/^linux-image-6\.(?!1\.)[0-9.]+\S*-cloud-amd64 \S+~bpo12\+\d+$/),
      expect.stringMatching(/^linux-image-cloud-amd64 \S+~bpo12\+\d+$/),
    ]);
    expect(rig.lock.indexes.map(({ archive, suite }) => `${archive} ${suite}`)).toEqual([
      'main bookworm',
      'backports bookworm-backports',
    ]);
    const others = rig.lock.steps[1]?.packages.filter(({ version }) => version.includes('~bpo'));
    expect(others).toEqual([]);
  });

  it('leaves the kernel that the recipe names, with no initramfs for the other', async () => {
    const [kernel, initramfs, ...boot] = await lines('cat /srv/first');
    expect(kernel).toMatch(/^boot\/vmlinuz-6\.1\.[0-9-]+-cloud-amd64$/);
    expect(initramfs).toBe(kernel?.replace('vmlinuz', 'initrd.img'));
    expect(boot.filter((name) => name.startsWith('vmlinuz-'))).toHaveLength(2);
    expect(boot.filter((name) => name.startsWith('initrd.img-'))).toHaveLength(1);
  });

  it('is the one that boots by default: the newest in Debian’s order, and that is told', async () => {
    const sorted = await lines('linux-version sort $(ls /usr/lib/modules)');
    const newest = sorted.at(-1) ?? '';
    expect(sorted).toHaveLength(2);
    expect(await lines('readlink /vmlinuz /initrd.img; ls /boot/initrd.img-*')).toEqual([
      `boot/vmlinuz-${newest}`,
      `boot/initrd.img-${newest}`,
      ...sorted.map((version) => `/boot/initrd.img-${version}`).sort(),
    ]);
    const told = rig.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    expect(told).toEqual([`The kernel ${newest} is booted; ${sorted[0]} is installed beside it.`]);
    // The release has this kernel, and the initramfs has its modules alone.
    expect(rig.records['kernel']).toMatchObject({ version: newest });
    const released = await readFile(join(rig.output, 'initrd.img'));
    const inRoot = await lines('sha256sum /initrd.img | cut -c 1-64; stat -L -c %s /initrd.img');
    expect(released.length).toBeLessThan(Number(inRoot[1]) + 4);
    // It does not know the zeros at the end, and says so when it has listed all.
    const { stdout: listed } = await execa('bsdtar', ['-tf', join(rig.output, 'initrd.img')], {
      reject: false,
    });
    const modules = new Set([...listed.matchAll(/lib\/modules\/([^/\n]+)\//g)].map(([, version]) => version));
    expect([...modules]).toEqual([newest]);
  });
});

it('a kernel that no package of the root brings is refused, with those that there are', async () => {
  const script = [
    'mkdir -p /boot /usr/lib/modules/6.1.0-9-amd64 /usr/lib/modules/6.1.0-10-amd64',
    'touch /boot/vmlinuz-6.1.0-9-amd64 /boot/vmlinuz-6.1.0-10-amd64',
  ];
  await using rig = await runStages([
    { uses: 'run', with: { script: script.join('\n') } },
    { uses: 'initramfs', with: { kernel: '*-rt-amd64' } },
  ]);
  expect(rig.failure?.diagnostics).toEqual([
    {
      what: 'No kernel that is installed fits `kernel: *-rt-amd64`.',
      expected: 'one of 6.1.0-9-amd64, 6.1.0-10-amd64',
      hint: 'Name one of them, or install the other one in a `packages` step before this one.',
    },
  ]);
});

it('a kernel without its modules is no release', async () => {
  const script = [
    'mkdir -p /boot /usr/lib/modules/6.12.9+bpo-amd64',
    'truncate -s 4096 /boot/vmlinuz-6.1.0-50-amd64',
    'printf HdrS | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=514 conv=notrunc status=none',
    "printf '\\000\\001' | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=526 conv=notrunc status=none",
    'printf "6.1.0-50-amd64 (x)" | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=768 conv=notrunc status=none',
    'echo content > /boot/initrd.img-6.1.0-50-amd64',
  ];
  await using rig = await runStages([
    { uses: 'run', with: { script: script.join('\n') } },
    { uses: 'boot-artifacts', with: {} },
  ]);
  expect(rig.failure?.kind).toBe('integrity');
  expect(rig.failure?.diagnostics[0]).toMatchObject({
    what: 'The root tree has no modules of its kernel, Linux 6.1.0-50-amd64.',
    found: 'modules of 6.12.9+bpo-amd64',
  });
});
