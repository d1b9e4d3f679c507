/** Puts beside the LUN image what a boot server hands out: kernel, initramfs, and what leads a machine to them. */
import { appendFile, chmod, copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { directScript, sanbootScript } from '../artifacts/formats/ipxe.js';
import { architectureFacts, PC_FIRMWARE } from '../artifacts/platform/pc.js';
import type { BootWay } from '../artifacts/platform/platform.js';
import { platformOf } from '../artifacts/platform/platforms.js';
import { RASPBERRY_PI } from '../artifacts/platform/raspberry-pi.js';
import type { Manifest, Role } from '../artifacts/release/manifest.js';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { commandLines, rootParameters } from './boot-artifacts/command-line.js';
import { readKernelVersion, requireModules } from './boot-artifacts/kernel.js';
import { raspberryPiArtifacts } from './boot-artifacts/raspberry-pi.js';
import { distributionOf } from './distribution/distribution.js';
import { bootWays } from './lun-image/loader.js';
import { rootTree } from './rootfs/tree.js';
import { BOOT_ARTIFACTS, INITRAMFS, ROOT, SEALED_ROOT } from './things.js';

/** The kernel looks for the next archive of an initramfs at multiples of this (buffer-format.rst). */
const ALIGNMENT = 4;

const options = z.strictObject({});
type Options = z.output<typeof options>;

/** What it writes, by boot method; paths relative to the release. */
const KERNEL_FILE = 'vmlinuz';
const INITRAMFS_FILE = 'initrd.img';
const SAN = { 'command-line': 'boot/cmdline.san', 'ipxe-script': 'boot/sanboot.ipxe' } as const;
const DIRECT = {
  kernel: KERNEL_FILE,
  initramfs: INITRAMFS_FILE,
  'command-line': 'boot/cmdline.direct',
  'ipxe-script': 'boot/direct.ipxe',
} as const;

export const bootArtifacts = defineStage({
  name: 'boot-artifacts',
  summary:
    'Write kernel, initramfs, kernel command lines and iPXE scripts of the release, or the firmware folder of a Raspberry Pi; no client is in them.',
  kind: 'output',
  section: 'boot',
  requires: [ROOT, SEALED_ROOT, INITRAMFS],
  provides: [BOOT_ARTIFACTS],
  options,
  tools: [],
  facts: ['disk', 'loader', 'kernel', 'platform'],
  asks: ['kernel', 'console', 'network'],
  check: ({ recipe, order }) =>
    recipe.platform !== RASPBERRY_PI.id || order.includes('raspberry-pi-firmware')
      ? []
      : [
          {
            path: [],
            what: 'A Raspberry Pi boots from a folder of firmware, which no step makes.',
            hint: 'Add a step `uses: raspberry-pi-firmware` after `initramfs`.',
          },
        ],
  async run(ctx) {
    const distribution = distributionOf(ctx);
    const { disk, kernel, architecture, platform } = ctx.recipe;
    const device = platformOf(platform).gate.serial;
    const signs = await distribution.console.signs(rootTree(ctx.rootfs));
    ctx.record('console', { device, ...signs } satisfies Manifest['console']);
    const vlan = await distribution.network.vlan?.find(rootTree(ctx.rootfs));
    if (vlan !== undefined) ctx.record('vlan', vlan satisfies Manifest['vlan']);
    if (platform === RASPBERRY_PI.id) return raspberryPiArtifacts(ctx, vlan);
    const files = await distribution.kernel.find(rootTree(ctx.rootfs));
    const version = await readKernelVersion(files.kernel, architecture);
    await requireModules(rootTree(ctx.rootfs), version);
    const { san, direct } = commandLines(rootParameters(disk), kernel.commandLine);
    await copyBootFiles(ctx, files);
    await mkdir(join(ctx.output, 'boot'), { recursive: true });
    const write = (path: string, text: string) => writeFile(join(ctx.output, path), text);
    // By the tag alone the LUN is reached, which an iPXE without `vcreate` does not set: Debian 12's is one.
    const ways = bootWays(ctx.recipe).filter(({ method }) => vlan === undefined || method === 'direct');
    const offered = new Set(ways.map(({ method }) => method));
    if (offered.has('san')) {
      await write(SAN['command-line'], `${san.join(' ')}\n`);
      await write(SAN['ipxe-script'], sanbootScript(architectureFacts(architecture).efiBootFile));
    }
    if (offered.has('direct')) {
      await write(DIRECT['command-line'], `${direct.join(' ')}\n`);
      await write(
        DIRECT['ipxe-script'],
        directScript(direct, { kernel: `../${KERNEL_FILE}`, initramfs: `../${INITRAMFS_FILE}` }),
      );
    }
    const boot = ways.map(offer);
    for (const { artifacts } of boot)
      for (const [role, path] of Object.entries(artifacts)) ctx.artifact(path, role as Role);
    ctx.record('boot', boot satisfies Manifest['boot']);
    ctx.record('kernel', { version, commandLine: san.join(' ') } satisfies Manifest['kernel']);
  },
});

/** The firmware stands there where it is not all of the platform's. */
function offer({ method, firmware }: BootWay): Manifest['boot'][number] {
  const all = PC_FIRMWARE.every((each) => firmware.includes(each));
  const artifacts = method === 'san' ? SAN : DIRECT;
  return { method, ...(all ? {} : { firmware: [...firmware] }), artifacts };
}

async function copyBootFiles(
  ctx: StageContext<Options>,
  files: { readonly kernel: string; readonly initramfs: string },
): Promise<void> {
  const initramfs = join(ctx.output, INITRAMFS_FILE);
  const kernel = join(ctx.output, KERNEL_FILE);
  await copyFile(files.kernel, kernel);
  await copyFile(files.initramfs, initramfs);
  for (const path of [kernel, initramfs]) await chmod(path, 0o644);
  const { size } = await stat(initramfs);
  if (size === 0) {
    throw new Failure('integrity', {
      what: 'The initramfs is empty.',
      found: `${files.initramfs}: 0 bytes`,
      hint: 'Look at the log of the step that makes it (`uses: initramfs`).',
    });
  }
  // The client's small cpio follows it in memory, as it is, when the kernel's EFI stub loads both.
  await appendFile(initramfs, Buffer.alloc(-size & (ALIGNMENT - 1)));
}
