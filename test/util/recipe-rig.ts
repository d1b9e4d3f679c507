/** Recipes in a temporary folder, and small stages that know no distribution. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { renderDiagnostics } from '../../base/diagnostic.js';
import { Failure } from '../../base/failure.js';
import type { DistributionRegistry } from '../../pipeline/distribution.js';
import { type Plan, planBuild } from '../../pipeline/plan/plan.js';
import { type LoadSettings, loadRecipe } from '../../pipeline/recipe/load.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import { type AnyStage, defineStage, type StageRegistry } from '../../pipeline/stage.js';

const run = async () => undefined;

const FAKE_STAGES: readonly AnyStage[] = [
  defineStage({
    name: 'bootstrap',
    summary: 'Make a root.',
    kind: 'rootfs',
    provides: ['root', 'initramfs content'],
    network: true,
    tools: [{ name: 'mmdebstrap', package: 'mmdebstrap' }],
    options: z.strictObject({
      suite: z.string().describe('Code name of the release.'),
      mirror: z.string().optional().describe('Where packages come from.'),
      variant: z.enum(['minbase', 'standard']).default('minbase').describe('How much to install.'),
    }),
    run,
  }),
  defineStage({
    name: 'packages',
    summary: 'Install packages.',
    kind: 'rootfs',
    changes: ['root', 'initramfs content'],
    tools: [],
    options: z.strictObject({
      install: z.array(z.string()).default([]).describe('Names.'),
      recommends: z.boolean().default(false).describe('Recommended ones too.'),
      retries: z.int().min(0).max(9).default(3).describe('How often to try again.'),
    }),
    title: ({ install }) => install.join(' '),
    toolsFor: ({ retries }) => (retries > 5 ? [{ name: 'mke2fs', package: 'e2fsprogs', min: '1.47' }] : []),
    check: ({ options: { install } }) =>
      install.flatMap((name, index) =>
        name === 'systemd-sysv-old'
          ? [{ path: ['install', index], what: `There is no package ${name}.` }]
          : [],
      ),
    run,
  }),
  defineStage({
    name: 'files',
    summary: 'Copy files.',
    kind: 'rootfs',
    changes: ['root', 'initramfs content'],
    tools: [{ name: 'mke2fs', package: 'e2fsprogs', min: '1.46' }],
    options: z.strictObject({
      source: z.string().regex(/^[^/]/, 'a path relative to the recipe').optional().describe('A folder.'),
      keys: z.array(z.string()).default([]).describe('Keys.'),
      mode: z
        .union([
          z.string().regex(/^[0-7]{4}$/, 'four octal digits'),
          z.strictObject({ files: z.string(), folders: z.string() }),
        ])
        .optional()
        .describe('Permission bits.'),
      values: z
        .record(z.string().regex(/^[a-z]+$/, 'a lower-case word'), z.string())
        .default({})
        .describe('Values.'),
    }),
    inputs: ({ source, keys }) => [
      ...(source === undefined ? [] : [source]),
      ...keys.filter((key) => key.startsWith('file:')).map((key) => key.slice(5)),
    ],
    run,
  }),
  defineStage({
    name: 'initramfs',
    summary: 'Generate the initramfs.',
    kind: 'rootfs',
    requires: ['initramfs content'],
    changes: ['root'],
    provides: ['initramfs'],
    tools: [],
    options: z.strictObject({}),
    run,
  }),
  defineStage({
    name: 'seal',
    summary: 'Clean up.',
    kind: 'rootfs',
    requires: ['root'],
    provides: ['sealed root'],
    tools: [],
    options: z.strictObject({}),
    run,
  }),
  defineStage({
    name: 'lun-image',
    summary: 'Write the image.',
    kind: 'output',
    section: 'disk',
    facts: ['disk'],
    requires: ['root', 'sealed root'],
    provides: ['LUN image'],
    tools: [{ name: 'mke2fs', package: 'e2fsprogs', min: '1.47.0' }],
    options: z.strictObject({ 'menu-seconds': z.int().min(0).default(1).describe('Seconds.') }),
    run,
  }),
  defineStage({
    name: 'boot-artifacts',
    summary: 'Write boot files.',
    kind: 'output',
    section: 'boot',
    facts: ['kernel'],
    requires: ['root', 'sealed root', 'initramfs'],
    provides: ['boot artifacts'],
    tools: [],
    options: z.strictObject({ menu: z.boolean().default(true).describe('A menu.') }),
    run,
  }),
];

export const FAKE_REGISTRY: StageRegistry = new Map(FAKE_STAGES.map((stage) => [stage.name, stage]));

/** A recipe of real stages: the first one, with its options, and perhaps one step more. */
export function stagesRecipe(
  first: { readonly uses: string; readonly options: string },
  more?: { readonly uses: string; readonly options: string },
): string {
  const step = more === undefined ? '' : `  - uses: ${more.uses}\n    with: ${more.options}\n`;
  return `name: demo
steps:
  - uses: ${first.uses}
    with: ${first.options}
${step}  - uses: initramfs
  - uses: seal
disk:
  size: 4G
  partitions:
    - { name: esp, type: esp, size: 64M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: [console=ttyS0]
`;
}

/** A recipe that is right; tests change parts of it. */
export const RIGHT = `name: demo
variables:
  suite: { type: string, default: bookworm, pattern: '^[a-z]+$' }
steps:
  - uses: bootstrap
    with: { suite: '\${suite}' }
  - uses: packages
    with:
      install: [linux-image-amd64, open-iscsi]
  - uses: initramfs
  - uses: seal
disk:
  size: 4G
  partitions:
    - { name: bios, type: bios-boot, size: 3M }
    - { name: esp, type: esp, size: 64M }
    - { name: swap, type: swap, size: 512M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: [console=tty0, 'console=ttyS0,115200']
`;

export interface RecipeRig extends AsyncDisposable {
  readonly root: string;
  load(recipe: string, settings?: LoadSettings): Promise<Recipe>;
  plan(recipe: string, settings?: LoadSettings): Promise<Plan>;
  /** The whole text of what is wrong, with paths relative to the rig's folder; empty when nothing is. */
  problems(recipe: string, settings?: LoadSettings): Promise<string>;
}

/** Writes files, given by path; a recipe is named by its folder. @param mirror that the user chose */
export async function recipeRig(
  files: Readonly<Record<string, string | Uint8Array>>,
  registry: StageRegistry = FAKE_REGISTRY,
  distributions: DistributionRegistry = new Map(),
  mirror?: string,
): Promise<RecipeRig> {
  const root = await mkdtemp(join(tmpdir(), 'recipe-rig-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const load = (recipe: string, settings: LoadSettings = {}) =>
    loadRecipe(join(root, recipe), registry, { sourceDateEpoch: '', ...settings });
  const plan = async (recipe: string, settings?: LoadSettings) =>
    planBuild(await load(recipe, settings), registry, distributions, mirror);
  return {
    root,
    load,
    plan,
    problems: async (recipe, settings) => {
      try {
        await plan(recipe, settings);
        return '';
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return renderDiagnostics(error.diagnostics).replaceAll(`${root}/`, '');
      }
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** What is wrong with one recipe.yaml. */
export async function problemsOf(
  text: string | Uint8Array,
  settings?: LoadSettings,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using rig = await recipeRig({ 'r/recipe.yaml': text, ...more });
  return await rig.problems('r', settings);
}

/** The right recipe with one text in it replaced. */
export function changed(from: string, to: string): string {
  if (!RIGHT.includes(from)) throw new Error(`not in the recipe: ${from}`);
  return RIGHT.replace(from, () => to);
}
