/** The folder that the firmware of a Raspberry Pi reads: it goes onto the LUN and, as boot artifacts, to the TFTP server. */
import { z } from 'zod';
import type { ConfigEdit } from '../artifacts/platform/raspberry-pi/config-edit.js';
import { LINE_LIMIT } from '../artifacts/platform/raspberry-pi/config-txt.js';
import { MODEL_NAMES, MODELS } from '../artifacts/platform/raspberry-pi/models.js';
import { RASPBERRY_PI } from '../artifacts/platform/raspberry-pi.js';
import { defineStage } from '../pipeline/stage.js';
import { rootParameters } from './boot-artifacts/command-line.js';
import { distributionOf } from './distribution/distribution.js';
import { requireBoots } from './raspberry-pi-firmware/boots.js';
import { piCommandLine } from './raspberry-pi-firmware/command-line.js';
import { configEdits, writeConfig } from './raspberry-pi-firmware/config.js';
import { fillFolder } from './raspberry-pi-firmware/folder.js';
import { requireInitramfs } from './raspberry-pi-firmware/initramfs.js';
import { rootTree } from './rootfs/tree.js';
import { INITRAMFS, RASPBERRY_PI_FIRMWARE, ROOT } from './things.js';

const KEY = /^[A-Za-z][A-Za-z0-9_]*(:\d)?$/;

const setting = z.strictObject({
  filter: z
    .string()
    .regex(/^[A-Za-z0-9+=_-]+$/, 'a filter of config.txt without its brackets, such as `pi4`')
    .optional()
    .describe(
      'The models for which it holds, as a filter of config.txt: `pi3`, `pi3+`, `pi4`, `pi5`. Default: all.',
    ),
  key: z.string().regex(KEY, 'a setting of config.txt, such as `gpu_mem`').describe('Name of the setting.'),
  value: z
    .union([
      z
        .string()
        .max(LINE_LIMIT)
        .regex(/^[^\n]*$/, 'one line'),
      z.int(),
    ])
    .transform(String)
    .describe('Its value.'),
});

const options = z.strictObject({
  models: z
    .array(z.enum(MODEL_NAMES))
    .nonempty()
    .default(['3B', '3B+', '4B'])
    .describe(
      'Models that the release is for. The build fails when the firmware of one would not come to its kernel.',
    ),
  config: z
    .array(setting)
    .default([])
    .describe(
      'More settings of config.txt. One that stands there already is changed where it is; comments and filters stay.',
    ),
  hold: z
    .boolean()
    .default(true)
    .describe(
      'Hold kernel and firmware in the booted system, and remove the scripts that would fill the folder there: both are loaded by TFTP, and the kernel must be the one whose modules the root has. New ones come with the next release.',
    ),
});

function editOf({ filter, ...edit }: z.output<typeof setting>): ConfigEdit {
  return filter === undefined ? edit : { ...edit, filter };
}

/** Settings that are the stage's own: kernel and initramfs have fixed names. */
const OWN = ['kernel', 'initramfs', 'ramfsfile', 'cmdline', 'os_prefix', 'auto_initramfs'];

export const raspberryPiFirmware = defineStage({
  name: 'raspberry-pi-firmware',
  summary:
    'Fill the folder that the firmware of a Raspberry Pi reads, and check that each model comes to its kernel.',
  kind: 'rootfs',
  requires: [INITRAMFS],
  changes: [ROOT],
  provides: [RASPBERRY_PI_FIRMWARE],
  title: ({ models }) => models.join(' '),
  options,
  tools: [{ name: 'zstd', package: 'zstd' }],
  facts: ['platform', 'disk', 'kernel'],
  asks: ['kernel', 'software', 'packages'],
  check: ({ options: { config, models }, recipe }) => [
    ...models.flatMap((model, index) =>
      recipe.architecture !== 'armhf' || MODELS[model].kernels.bits32.length > 0
        ? []
        : [
            {
              path: ['models', index],
              what: `A Raspberry Pi ${model} starts no kernel of 32 bits.`,
              expected: MODEL_NAMES.filter((name) => MODELS[name].kernels.bits32.length > 0).join(', '),
              found: `${model}, and \`architecture: armhf\``,
            },
          ],
    ),
    ...(recipe.platform === RASPBERRY_PI.id
      ? []
      : [
          {
            path: [],
            what: `A release for the platform ${recipe.platform} has no firmware of a Raspberry Pi.`,
            hint: 'Write `platform: raspberry-pi` into the recipe, or remove the step.',
          },
        ]),
    ...config.flatMap(({ key }, index) =>
      OWN.includes(key)
        ? [
            {
              path: ['config', index, 'key'],
              what: `\`${key}\` is set by the step itself.`,
              hint: 'Remove it; kernel parameters are written under `kernel: command-line:`.',
            },
          ]
        : [],
    ),
  ],
  async run(ctx) {
    const { recipe, options: given } = ctx;
    const tree = rootTree(ctx.rootfs);
    const { kernel, packages, software } = distributionOf(ctx);
    const { version, settings } = await fillFolder(tree, kernel, recipe.architecture);
    await writeConfig(
      tree,
      configEdits({ architecture: recipe.architecture, settings, more: given.config.map(editOf) }),
    );
    const line = piCommandLine(rootParameters(recipe.disk), recipe.kernel.commandLine);
    await tree.write(
      `${RASPBERRY_PI.folder.inRoot}/${RASPBERRY_PI.files.commandLine}`,
      `${line.join(' ')}\n`,
    );
    await requireBoots(ctx, tree, given.models);
    await requireInitramfs(ctx, tree, { architecture: recipe.architecture, models: given.models, version });
    if (!given.hold) return;
    for (const hook of kernel.raspberryPi?.hooks ?? []) await tree.remove(hook);
    const candidates = kernel.raspberryPi?.heldPackages(version) ?? [];
    const names = (await software.installed(tree))
      .map(({ name }) => name)
      .filter((name) => candidates.includes(name));
    if (names.length > 0) await packages.hold(ctx, names);
  },
});
