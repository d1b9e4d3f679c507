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

/** Copies the folder, and tells what is for what. @throws Failure of kind `recipe` when the root has none */
export async function raspberryPiArtifacts(ctx: StageContext<unknown>): Promise<void> {
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
