/** The first step of a Debian root: a small base system from a signed archive. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { defineStage, type RecipeFacts, type StageContext } from '../pipeline/stage.js';
import { aptEnvironment, cleanArgv, updateArgv, upgradeArgv } from './apt/argv.js';
import { useBuildSources } from './apt/build-sources.js';
import {
  chooseMirror,
  DEBIAN_KEYRING,
  defaultPockets,
  hostSources,
  type MirrorChoice,
  suiteSources,
} from './apt/mirror.js';
import { packageName } from './apt/names.js';
import { archiveFailure } from './apt/outcome.js';
import { followApt } from './apt/run.js';
import { type AptSource, formatSources, parseOneLine } from './apt/sources.js';
import {
  type BootstrapWishes,
  DEBOOTSTRAP_ENVIRONMENT,
  debootstrapArgv,
  mmdebstrapArgv,
  NO_DOCUMENTATION,
} from './bootstrap/argv.js';
import { recordPackages } from './rootfs/dpkg.js';
import { rootTree } from './rootfs/tree.js';
import { BUILD_STARTED } from './sealing/times.js';

const url = z.string().regex(/^https?:\/\/\S+$/, 'a URL that begins with http:// or https://');

const options = z.strictObject({
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9.-]*$/, 'the name of a suite, such as bookworm')
    .describe('Code name of the Debian release, such as `bookworm`.'),
  mirror: url
    .optional()
    .describe(
      'Archive to build from and to name in the image. Default: what the apt sources of this host name for Debian, else the ' +
        "bootstrap tool's own default. `--mirror` on the command line overrides it for the build alone, not in the image.",
    ),
  'security-mirror': url
    .optional()
    .describe(
      'Archive of the security suite. Default: the one beside the mirror whose name ends in `-security`.',
    ),
  'image-mirror': url
    .optional()
    .describe(
      'Archive to name in /etc/apt/sources.list of the image, when clients fetch updates from elsewhere. Default: `mirror`.',
    ),
  components: z
    .array(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a component, such as main'))
    .nonempty('at least one component')
    .default(['main'])
    .describe('Components of the archive: `main`, `contrib`, `non-free-firmware`, `non-free`.'),
  pockets: z
    .array(z.enum(['updates', 'security']))
    .optional()
    .describe('Suites besides the release itself. Default: `updates` and `security`; none for `sid`.'),
  variant: z
    .enum(['minbase', 'important', 'standard'])
    .default('minbase')
    .describe('How much to install: essential packages and apt (`minbase`), or all of a priority.'),
  include: z.array(packageName).default([]).describe('Packages to install at once with the base system.'),
  documentation: z
    .boolean()
    .default(true)
    .describe(
      'Keep manual pages and documentation. `false` leaves them out of every package, but for licences.',
    ),
  keyring: z
    .string()
    .min(1)
    .default(DEBIAN_KEYRING)
    .describe(
      "Keys that may sign the archive: a path on this host, or one relative to the recipe's folder, which is copied into the image.",
    ),
  tool: z
    .enum(['mmdebstrap', 'debootstrap'])
    .default('mmdebstrap')
    .describe('The bootstrap tool. `debootstrap` is slower and knows fewer variants.'),
});
type Options = z.output<typeof options>;

export const debootstrap = defineStage({
  name: 'debootstrap',
  summary: 'Create the base system of a Debian release from a signed archive.',
  kind: 'rootfs',
  place: 'first',
  title: ({ suite, variant }) => `${suite} (${variant})`,
  network: true,
  options,
  tools: [],
  toolsFor: ({ tool }) => [{ name: tool, package: tool }],
  inputs: ({ keyring }) => (isAbsolute(keyring) ? [] : [keyring]),
  check: ({ options: { keyring, tool, variant, documentation }, recipe }) => [
    ...(existsSync(keyringPath(keyring, recipe))
      ? []
      : [
          {
            path: ['keyring'],
            what: `The keyring ${keyringPath(keyring, recipe)} does not exist.`,
            hint: 'Install it (Debian and Ubuntu: `apt-get install debian-archive-keyring`), or name another one.',
          },
        ]),
    ...(tool === 'debootstrap' && variant === 'standard'
      ? [
          {
            path: ['variant'],
            what: 'debootstrap has no variant `standard`.',
            hint: 'Use `tool: mmdebstrap`.',
          },
        ]
      : []),
    ...(tool === 'debootstrap' && !documentation
      ? [
          {
            path: ['documentation'],
            what: 'debootstrap cannot leave documentation out.',
            hint: 'Use `tool: mmdebstrap`.',
          },
        ]
      : []),
  ],
  async run(ctx) {
    // Whole seconds, as some file systems keep no more.
    ctx.record(BUILD_STARTED, Math.floor(Date.now() / 1000));
    const { suite, components } = ctx.options;
    const pockets = ctx.options.pockets ?? defaultPockets(suite);
    const keyring = keyringPath(ctx.options.keyring, ctx.recipe);
    const { build, image } = await mirrors(ctx);
    const sources = (mirror: MirrorChoice | undefined, signedBy: string) =>
      mirror === undefined ? [] : suiteSources(mirror, { suite, components, pockets, signedBy });
    const wishes: BootstrapWishes = {
      ...ctx.options,
      architecture: ctx.recipe.architecture,
      keyring,
      target: ctx.rootfs,
      sources: sources(build, keyring),
    };
    await bootstrap(ctx, wishes);
    const inImage = await installKeyring(ctx, keyring);
    await writeSources(ctx, sources(image, inImage), sources(build, inImage));
    if (ctx.options.tool === 'debootstrap') await upgrade(ctx, wishes);
    await recordPackages(ctx);
  },
});

function keyringPath(keyring: string, recipe: Pick<RecipeFacts, 'folder'>): string {
  return isAbsolute(keyring) ? keyring : join(recipe.folder, keyring);
}

/** What to build from, and what the image shall name: an override serves the build alone. */
async function mirrors(
  ctx: StageContext<Options>,
): Promise<{ build: MirrorChoice | undefined; image: MirrorChoice | undefined }> {
  const { mirror, 'security-mirror': recipeSecurity, 'image-mirror': imageMirror } = ctx.options;
  const host = await hostSources();
  const wishes = { recipe: mirror, recipeSecurity, host };
  const build = chooseMirror({ ...wishes, override: ctx.mirror });
  const lasting = chooseMirror({ ...wishes, recipe: imageMirror ?? mirror, override: undefined });
  if (build !== undefined && lasting === undefined) {
    ctx.warn(
      `The image will name the mirror of this build, ${build.main}: neither the recipe nor this host names another.`,
      'Set `image-mirror` in the recipe if clients cannot reach it.',
    );
  }
  return { build, image: lasting ?? build };
}

async function bootstrap(ctx: StageContext<Options>, wishes: BootstrapWishes): Promise<void> {
  const { tool } = ctx.options;
  const doing = `create the base system of ${wishes.suite}`;
  try {
    await ctx.run(tool === 'mmdebstrap' ? mmdebstrapArgv(wishes) : debootstrapArgv(wishes), {
      doing,
      env: {
        SOURCE_DATE_EPOCH: String(ctx.epoch),
        ...(tool === 'debootstrap' ? DEBOOTSTRAP_ENVIRONMENT : {}),
      },
      onLine: followApt(ctx),
    });
  } catch (error) {
    throw archiveFailure(error, {
      doing,
      archives: [...new Set(wishes.sources.map(({ uri }) => uri))],
      keyring: wishes.keyring,
    });
  }
  // What mmdebstrap was told stays behind in the image: the download's options go, the choice of files gets a name.
  const tree = rootTree(ctx.rootfs);
  await tree.remove('/etc/apt/apt.conf.d/99mmdebstrap');
  // Both tools copy these from the build host.
  await tree.remove('/etc/resolv.conf');
  await tree.remove('/etc/hostname');
  await tree.remove('/etc/dpkg/dpkg.cfg.d/99mmdebstrap');
  if (!wishes.documentation) {
    await tree.write('/etc/dpkg/dpkg.cfg.d/no-documentation', `${NO_DOCUMENTATION.join('\n')}\n`);
  }
}

/** Where the image has the keyring; one that the archive's own package does not bring is copied. */
async function installKeyring(ctx: StageContext<Options>, keyring: string): Promise<string> {
  if (keyring === DEBIAN_KEYRING) return DEBIAN_KEYRING;
  const path = `/etc/apt/keyrings/${basename(keyring)}`;
  await rootTree(ctx.rootfs).write(path, await readFile(keyring));
  return path;
}

async function writeSources(
  ctx: StageContext<Options>,
  image: readonly AptSource[],
  build: readonly AptSource[],
): Promise<void> {
  const tree = rootTree(ctx.rootfs);
  const path = '/etc/apt/sources.list';
  if (image.length > 0) await tree.write(path, formatSources(image));
  const lasting = image.length > 0 ? image : parseOneLine((await tree.read(path)) ?? '');
  const text = formatSources(build.length > 0 ? build : lasting);
  ctx.record('apt-build-sources', text === formatSources(lasting) ? null : text);
}

/** debootstrap knows one suite: what the pockets have newer comes now. */
async function upgrade(ctx: StageContext<Options>, wishes: BootstrapWishes): Promise<void> {
  const doing = `bring the base system of ${wishes.suite} up to date`;
  await using sources = await useBuildSources(ctx);
  const options = { doing, network: true, env: aptEnvironment(ctx.epoch), onLine: followApt(ctx) };
  try {
    await ctx.chroot(updateArgv(sources), options);
    await ctx.chroot(upgradeArgv(sources), options);
    await ctx.chroot(cleanArgv(), { doing: 'remove downloaded packages', quiet: true });
  } catch (error) {
    throw archiveFailure(error, {
      doing,
      archives: wishes.sources.map(({ uri }) => uri),
      keyring: wishes.keyring,
    });
  }
}
