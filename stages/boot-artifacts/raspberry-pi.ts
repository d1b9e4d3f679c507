/** Boot artifacts of a Raspberry Pi: the folder that its firmware reads, as the root has it. */
import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Manifest, Role } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { StageContext } from '../../pipeline/stage.js';
import { distributionOf } from '../distribution/distribution.js';
import { piCommandLine } from '../raspberry-pi-firmware/command-line.js';
import { rootTree } from '../rootfs/tree.js';
import { rootParameters } from './command-line.js';
import { readKernelVersion, requireModules } from './kernel.js';

const { folder, files } = RASPBERRY_PI;

/**
 * Copies the folder, and tells what is for what.
 * @param vlan of the boot NIC, in which the root is @throws Failure of kind `recipe` when the root has no folder, or a VLAN
 */
export async function raspberryPiArtifacts(
  ctx: StageContext<unknown>,
  vlan: number | undefined,
): Promise<void> {
  if (vlan !== undefined) {
    throw new Failure('recipe', {
      what: 'A VLAN of the boot NIC is not built for a Raspberry Pi: no boot gate has shown one to start like that.',
      found: `\`vlan: ${vlan}\` of the step \`network\``,
      hint: 'Leave it out, and let the switch put the port of the machine into the VLAN without a tag (an access port).',
    });
  }
  const tree = rootTree(ctx.rootfs);
  const from = await tree.resolve(folder.inRoot);
  const names = from === undefined ? [] : await filesUnder(from);
  if (from === undefined || !names.includes(files.config)) {
    throw new Failure('recipe', {
      what: `The root tree has no firmware folder of a Raspberry Pi: ${folder.inRoot}/${files.config} is missing.`,
      hint: 'Add a step `uses: raspberry-pi-firmware` after `initramfs`.',
    });
  }
  for (const name of names) {
    const path = posix.join(folder.inRelease, name);
    const to = join(ctx.output, path);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(from, name), to);
    await chmod(to, 0o644);
    ctx.artifact(path, roleOf(name));
  }
  const { kernel } = await distributionOf(ctx).kernel.find(tree);
  const version = await readKernelVersion(kernel, ctx.recipe.architecture);
  await requireModules(tree, version);
  const line = piCommandLine(rootParameters(ctx.recipe.disk), ctx.recipe.kernel.commandLine);
  const at = (name: string) => posix.join(folder.inRelease, name);
  const artifacts = {
    kernel: at(files.kernel),
    initramfs: at(files.initramfs),
    'command-line': at(files.commandLine),
    firmware: at(files.config),
  };
  ctx.record('boot', [{ method: 'tftp', artifacts }] satisfies Manifest['boot']);
  ctx.record('kernel', { version, commandLine: line.join(' ') } satisfies Manifest['kernel']);
}

/** Paths relative to the folder, in byte order. */
async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(path, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

function roleOf(name: string): Role {
  if (name === files.kernel) return 'kernel';
  if (name === files.initramfs) return 'initramfs';
  if (name === files.commandLine) return 'command-line';
  return /\.dtbo?$/.test(name) ? 'device-tree' : 'firmware';
}
