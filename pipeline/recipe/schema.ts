/** `recipe.yaml` after `extends` and variables are resolved. The texts become docs/recipe.md and the JSON Schema. */
import { z } from 'zod';
import { PARTITION_NAME, PARTITION_NAME_EXPECTED } from '../../artifacts/formats/disk-check.js';
import { OVERLAYS } from '../../artifacts/formats/disk-spec.js';
import { ARCHITECTURES } from '../../artifacts/platform/architecture.js';
import { DEFAULT_LOADER, LOADERS } from '../../artifacts/platform/loader.js';
import { PC_FIRMWARE } from '../../artifacts/platform/pc.js';
import { PLATFORM_IDS } from '../../artifacts/platform/platforms.js';
import { checked } from '../../base/schema/checked.js';
import { sizeSchema } from '../../base/schema/size.js';
import { parsePartitionSize } from './partition-size.js';
import { VARIABLE_NAME, variableSchema } from './variables.js';

/** Names of recipes: safe as file name, npm package name and part of an IQN. */
export const RECIPE_NAME = /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$/;
const STEP_NAME = /^[a-z][a-z0-9-]*$/;

const partitionSizeSchema = checked(
  z.union([z.string(), z.int()], 'a size such as `512M`, `rest` or `grow`'),
  parsePartitionSize,
);

const partitionSchema = z.strictObject({
  name: z
    .string()
    .regex(PARTITION_NAME, PARTITION_NAME_EXPECTED)
    .describe('Unique in the disk; also the GPT partition name.'),
  type: z
    .enum(['bios-boot', 'esp', 'swap', 'linux', 'fat'])
    .describe(
      '`bios-boot`: where GRUB for BIOS lies; `esp`: EFI system partition; `swap`; `linux`: a Linux file system; `fat`: plain FAT.',
    ),
  size: partitionSizeSchema.describe(
    'A size such as `512M`; `rest`: what is left of the disk; `grow`: as `rest`, and enlarged where a client’s LUN is made larger than the image. ' +
      'Exactly one partition, the last, is `rest` or `grow`.',
  ),
  filesystem: z
    .enum(['ext4', 'btrfs', 'vfat', 'swap'])
    .optional()
    .describe(
      'Default: `ext4` for `linux`, `vfat` for `esp` and `fat`, `swap` for `swap`, none for `bios-boot`. `btrfs` for `linux`: see docs/btrfs.md.',
    ),
  mount: z
    .string()
    .regex(
      /^\/(?:[^/\s]+(?:\/[^/\s]+)*)?$/,
      'an absolute path without spaces and without a slash at its end, such as `/boot`',
    )
    .optional()
    .describe(
      'Where it is mounted in the booted system. Default: `/boot/efi` for `esp`, else not mounted. One is mounted on `/`.',
    ),
});

export const diskSchema = z.strictObject({
  table: z.enum(['gpt', 'mbr']).default('gpt').describe('The kind of partition table.'),
  size: sizeSchema
    .optional()
    .describe(
      'Size of the LUN, such as `4G`. May be left out when the last partition is `grow`: then the disk is as small as its content.',
    ),
  partitions: z.array(partitionSchema).min(1).describe('The partitions, in their order on the disk.'),
  overlay: z
    .enum(OVERLAYS)
    .optional()
    .describe(
      'Keep the root as it is: it is mounted read-only, and what is written lies over it (overlayfs), with `tmpfs` in memory until the machine is ' +
        'switched off. All clients of the release share one LUN, which their target offers read-only. Default: each client has a LUN of its own, and writes to it.',
    ),
  loader: z
    .enum(LOADERS)
    .default(DEFAULT_LOADER.name)
    .describe(
      'The boot loader on the LUN, see docs/loaders.md. `grub`: in a `bios-boot` partition, or after an MBR, for BIOS, and in the `esp` for UEFI; ' +
        '`extlinux`: in the root file system, for BIOS; `syslinux`: in the first FAT, with kernel and initramfs, for BIOS; ' +
        '`systemd-boot`: in the `esp`, with kernel and initramfs, for UEFI; `none`: iPXE loads the kernel (`boot: direct`), and nothing can be booted as a disk.',
    ),
  firmware: z
    .array(z.enum(PC_FIRMWARE))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'Each firmware once.')
    .optional()
    .describe(
      'The firmware of the machines that the release is for: it is proven for these, and refused where the loader is not for one of them. ' +
        'Default: what the loader is for.',
    ),
});

const diskSection = diskSchema.describe('The LUN image: partition table, partitions, boot loader.');

const kernelSchema = z.strictObject({
  'command-line': z
    .array(z.string().regex(/^[!-~]+$/, 'one kernel parameter without spaces, in ASCII'))
    .describe(
      'Kernel parameters, one an item. `root=` follows from the disk. Nothing of one client and no secret: ' +
        'everyone on the client can read /proc/cmdline.',
    ),
});

const stepSchema = z.strictObject({
  name: z
    .string()
    .regex(STEP_NAME, 'lower-case letters, digits and `-`, beginning with a letter')
    .optional()
    .describe('The name of the step; default: `uses`. Two steps of one stage need names.'),
  uses: z.string().describe('The stage that does the work, see docs/stages.md.'),
  with: z.unknown().optional().describe('Options of the stage.'),
});

export const recipeSchema = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(
      RECIPE_NAME,
      'lower-case words of letters and digits joined by `-` or `.`, such as `debian-bookworm`',
    )
    .describe('The name of the recipe and of its releases. All UUIDs of the disk follow from it.'),
  description: z.string().default('').describe('One sentence for people.'),
  platform: z
    .enum(PLATFORM_IDS)
    .default('pc')
    .describe(
      'The kind of machine: its firmware, its boot loaders, and the machine on which a release is proven.',
    ),
  architecture: z
    .enum(ARCHITECTURES)
    .optional()
    .describe(
      "The clients' architecture, in Debian's words. Default: `amd64` for `pc`, `arm64` for `raspberry-pi`. " +
        'A platform is built for those of its architectures that can be booted whole: `pc` for `amd64`, `raspberry-pi` for `arm64` and `armhf`.',
    ),
  epoch: z
    .union([
      z.int().min(0),
      z.iso.datetime({ error: 'a time in UTC such as `2026-01-01T00:00:00Z`, or seconds since 1970' }),
    ])
    .optional()
    .describe(
      'The time that stands for every time in the release: RFC 3339 in UTC, or seconds since 1970. Default: 2026-01-01T00:00:00Z. ' +
        'The environment variable `SOURCE_DATE_EPOCH` overrides it.',
    ),
  variables: z
    .record(
      z.string().regex(VARIABLE_NAME, 'lower-case letters, digits and `-`, beginning with a letter'),
      variableSchema,
    )
    .default({})
    .describe(
      'Values that `--set name=value` may change; used as `${name}` in any value, `$${` stands for `${` itself.',
    ),
  steps: z.array(stepSchema).default([]).describe('The work that builds the root, in order.'),
  disk: diskSection.optional(),
  kernel: kernelSchema.default({ 'command-line': [] }).describe('How the kernel is started.'),
});

/** Of a recipe that has a stage which reads the disk. */
export const recipeWithDiskSchema = recipeSchema.extend({ disk: diskSection });

export type RecipeFile = z.output<typeof recipeSchema>;
