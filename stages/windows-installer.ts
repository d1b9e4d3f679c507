/** The LUN from which Windows installs itself: the files of its medium on a partition that boots by BIOS and by UEFI. */
import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DiskLayout } from '../artifacts/formats/disk-layout.js';
import { verityTree } from '../artifacts/formats/fs-verity.js';
import { sanbootScript } from '../artifacts/formats/ipxe.js';
import { PC, PC_FIRMWARE } from '../artifacts/platform/pc.js';
import { signLine } from '../artifacts/release/console.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { Failure } from '../base/failure.js';
import { sizeSchema } from '../base/schema/size.js';
import { MIB } from '../base/size.js';
import { defineStage, type RecipeFacts, type StageFinding } from '../pipeline/stage.js';
import { grubModules } from './lun-image/check-loader.js';
import { describeDisk } from './lun-image/describe.js';
import { BOOT_ARTIFACTS, LUN_IMAGE } from './things.js';
import { type Contents, contentsOf } from './windows-installer/contents.js';
import { writeInstaller } from './windows-installer/image.js';
import { installerLayout } from './windows-installer/layout.js';
import { type Medium, readMedium } from './windows-installer/medium.js';
import { WINPE_SCRIPT, wimbootFindings, winpeFiles, writeWinpe } from './windows-installer/winpe.js';

const IMAGE = 'disk.img';
const SCRIPT = 'boot/sanboot.ipxe';
/** Parts of archives leave room to spare below FAT's limit, as Microsoft's own instructions do. */
const MOST_PART = 4000 * MIB;

const options = z.strictObject({
  iso: z
    .string()
    .min(1)
    .describe(
      "The ISO of an installation medium of Windows, with UDF as Microsoft offers it: a path on this host, or one relative to the recipe's folder.",
    ),
  files: z
    .array(
      z.strictObject({
        path: z
          .string()
          .regex(/^[^/\\]+(?:\/[^/\\]+)*$/, 'a path such as `autounattend.xml` or `drivers/net.inf`')
          .describe('Where it lies on the partition; it takes the place of a file of the medium.'),
        source: z.string().min(1).describe("File of the recipe's folder."),
      }),
    )
    .default([])
    .describe(
      'More files: `autounattend.xml` in the root has the answers for setup. Every client of the LUN can read them.',
    ),
  wimboot: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File of the recipe's folder: wimboot (ipxe.org/wimboot). WinPE is started by it, out of memory and by HTTP, and from the LUN where that does not work. Default: from the LUN alone.",
    ),
  size: sizeSchema.optional().describe('Size of the LUN. Default: as its files take, and `free`.'),
  free: sizeSchema.default(128 * MIB).describe('What stays free on the partition; setup may write there.'),
  needs: sizeSchema
    .optional()
    .describe(
      'Least size of the LUN on which the system is installed, such as `64G` for Windows 11: a client whose `blank` is smaller is refused. Default: any.',
    ),
  label: z
    .string()
    .regex(/^[A-Z0-9_-]{1,11}$/, 'at most 11 capital letters, digits, `_` and `-`')
    .default('WINSETUP')
    .describe('Volume label of the partition.'),
  'wim-part': sizeSchema
    .default(3800 * MIB)
    .describe(
      'Largest part of `sources/install.wim`, in whole MiB; a larger archive is split, since FAT holds no file of 4 GiB. Setup reads the parts.',
    ),
  shows: z
    .array(signLine)
    .max(50)
    .default([])
    .describe(
      'Lines that the loader of the medium writes to the first serial port, by what they begin with (`*` stands for any text): the boot ' +
        'gate waits for one. The boot manager of Windows writes none; then reads of the LUN alone tell that it was started.',
    ),
});
type Options = z.output<typeof options>;

export const windowsInstaller = defineStage({
  name: 'windows-installer',
  summary: 'Write a LUN image from which Windows installs itself, out of the ISO of its medium.',
  kind: 'output',
  section: 'installer',
  provides: [LUN_IMAGE, BOOT_ARTIFACTS],
  options,
  tools: [
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mkfs.vfat', package: 'dosfstools' },
    { name: 'mcopy', package: 'mtools' },
    { name: 'mmd', package: 'mtools' },
    { name: 'grub-mkimage', package: 'grub-common' },
    { name: 'wimlib-imagex', package: 'wimtools' },
  ],
  facts: ['name', 'platform'],
  inputs: ({ iso, files, wimboot }) => [
    iso,
    ...files.map(({ source }) => source),
    ...(wimboot === undefined ? [] : [wimboot]),
  ],
  check: ({ options: given, recipe }) => [
    ...platformFindings(recipe),
    ...optionFindings(given, recipe),
    ...mediumFindings(given, recipe),
  ],
  async run(ctx) {
    const { recipe } = ctx;
    const { label, 'wim-part': partBytes, shows, needs, wimboot } = ctx.options;
    const planned = planContents(ctx.options, recipe);
    const { medium, contents } = planned;
    const layout = planDisk(ctx.options, recipe, planned);
    const image = join(ctx.output, IMAGE);
    await writeInstaller(ctx, { image, medium, contents, layout, label, partBytes });
    await ctx.digested(image, await verityTree(image, ctx));
    await mkdir(join(ctx.output, 'boot'));
    await writeFile(join(ctx.output, SCRIPT), sanbootScript(PC.architectures.amd64.efiBootFile));
    ctx.artifact(IMAGE, 'lun-image');
    ctx.artifact(SCRIPT, 'ipxe-script');
    if (wimboot !== undefined) await writeWinpe(ctx, medium, resolve(recipe.folder, wimboot));
    ctx.record('disk', describeDisk(layout));
    const firmware = PC_FIRMWARE.filter((each) => medium.loaders[each] !== undefined);
    const scripts = {
      'ipxe-script': SCRIPT,
      ...(wimboot === undefined ? {} : { 'winpe-script': WINPE_SCRIPT }),
    };
    const boot: Manifest['boot'] = [{ method: 'san', artifacts: scripts, firmware }];
    ctx.record('boot', boot);
    ctx.record('console', { device: PC.gate.serial, signs: shows.length === 0 ? {} : { loader: shows } });
    const loader: Manifest['loader'] = {
      reads: medium.bootImage.bytes,
      ...(needs === undefined ? {} : { installs: needs }),
    };
    ctx.record('loader', loader);
  },
});

interface Planned {
  readonly medium: Medium;
  readonly contents: Contents;
}

/** All that can be known of the content before anything is written. @throws Failure of what cannot be made */
function planContents(
  { iso, files, 'wim-part': partBytes, wimboot }: Options,
  { folder }: RecipeFacts,
): Planned {
  const medium = readMedium(resolve(folder, iso));
  if (wimboot !== undefined) winpeFiles(medium);
  const added = files.map(({ path, source }) => {
    const at = resolve(folder, source);
    return { path, source: at, bytes: statSync(at).size };
  });
  return { medium, contents: contentsOf(medium, added, partBytes) };
}

/** @throws Failure of kind `recipe` for a size that is too small */
function planDisk({ free, size }: Options, { name }: RecipeFacts, { contents }: Planned): DiskLayout {
  return installerLayout({ name, content: contents.bytes, free, size });
}

function platformFindings({ platform }: RecipeFacts): StageFinding[] {
  if (platform !== PC.id)
    return [
      { path: [], what: `Windows is not installed on a ${platform} like that.`, expected: '`platform: pc`' },
    ];
  return grubModules('i386-pc');
}

function optionFindings(
  { 'wim-part': part, size, files, wimboot }: Options,
  recipe: RecipeFacts,
): StageFinding[] {
  const found: StageFinding[] = [];
  if (part % MIB !== 0 || part < MIB || part > MOST_PART)
    found.push({
      path: ['wim-part'],
      what: 'Parts of this size cannot be made.',
      expected: 'whole MiB, at most 4000M',
    });
  if (size !== undefined && size % MIB !== 0)
    found.push({
      path: ['size'],
      what: 'The size of the LUN is no multiple of 1 MiB.',
      found: `${size} bytes`,
    });
  for (const [index, { source }] of files.entries()) {
    if (statSync(resolve(recipe.folder, source), { throwIfNoEntry: false })?.isFile() === true) continue;
    found.push({ path: ['files', index, 'source'], what: `The recipe has no file ${source}.` });
  }
  if (wimboot !== undefined) found.push(...wimbootFindings(resolve(recipe.folder, wimboot), wimboot));
  return found;
}

/** What is wrong with the medium, where the recipe names it; a size has a place of its own. */
function mediumFindings(given: Options, recipe: RecipeFacts): StageFinding[] {
  if (optionFindings(given, recipe).length > 0) return [];
  let at = 'iso';
  try {
    const planned = planContents(given, recipe);
    at = 'size';
    planDisk(given, recipe, planned);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map((each) => ({ ...each, path: [at] }));
  }
}
