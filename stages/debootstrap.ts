/** The first step of a root of Debian or Ubuntu: a small base system from a signed archive. */
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { RunOptions } from '../base/ports.js';
import { isDay, NO_SUCH_DAY } from '../base/schema/day.js';
import { secretReference } from '../base/schema/secret-reference.js';
import { urlSchema } from '../base/schema/url.js';
import { defineStage, type RecipeFacts, type StageContext, type StageFinding } from '../pipeline/stage.js';
import {
  type BootstrapWishes,
  DEBOOTSTRAP_ENVIRONMENT,
  debootstrapArgv,
  mmdebstrapArgv,
  NO_DOCUMENTATION,
} from './debootstrap/argv.js';
import { snapshotFindings, toolFindings, vendorFindings } from './debootstrap/check.js';
import { mirrors, snapshotOf } from './debootstrap/mirrors.js';
import { giveToApt } from './debootstrap/owners.js';
import { baseInstalled, baseRequest, isBase } from './debootstrap/selection.js';
import { SNAPSHOT, snapshotDay } from './debootstrap/snapshot.js';
import { installMissing, openPackages } from './distribution/debian/apt/install.js';
import { packageLists, sha256 } from './distribution/debian/apt/lists.js';
import { type MirrorChoice, suiteSources } from './distribution/debian/apt/mirror.js';
import { recordSources } from './distribution/debian/apt/other-sources.js';
import { reasonsFor } from './distribution/debian/apt/reasons.js';
import {
  archiveFindings,
  archiveSources,
  keyringsOfRecipe,
  type OwnArchive,
  pinsText,
  repositoriesSchema,
  writeRepositories,
} from './distribution/debian/apt/repositories.js';
import { followApt } from './distribution/debian/apt/run.js';
import { solve } from './distribution/debian/apt/solve.js';
import { formatSources, type NamedSource } from './distribution/debian/apt/sources.js';
import { DEBIAN, defaultPockets, UBUNTU, vendorOf } from './distribution/debian/apt/vendor.js';
import { type AptWorld, preferred, worldAfter } from './distribution/debian/apt/world.js';
import { installedPackages, recordPackages } from './distribution/debian/dpkg.js';
import { resolveNative } from './distribution/debian/native/resolve.js';
import { assertInstalled } from './distribution/expected.js';
import { keyringFileProblem } from './distribution/keyring-file.js';
import { refusedPackages } from './distribution/refused-packages.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const url = urlSchema({
  pattern: '^https?://\\S+$',
  expected: 'a URL that begins with http:// or https://',
  instead: 'Give them by reference: `auth: file:PATH`, with a text as apt_auth.conf(5) describes it.',
});

const options = z.strictObject({
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9.-]*$/, 'the name of a suite, such as bookworm')
    .describe('Code name of the release of Debian or Ubuntu, such as `bookworm` or `noble`.'),
  mirror: url
    .optional()
    .describe(
      'Archive to build from and to name in the image. Default: what the apt sources of this host name for Debian or Ubuntu, ' +
        "whose suite it is, else the bootstrap tool's own default. `--mirror` on the command line overrides it for the build alone, not in the image.",
    ),
  'security-mirror': url
    .optional()
    .describe(
      'Archive of the security suite. Default: of Debian the one beside the mirror whose name ends in `-security`, of Ubuntu the ' +
        'mirror itself.',
    ),
  'image-mirror': url
    .optional()
    .describe(
      'Archive to name in /etc/apt/sources.list of the image, when clients fetch updates from elsewhere. Default: `mirror`.',
    ),
  auth: secretReference(', never user and password themselves')
    .optional()
    .describe(
      'Reference to what the archives ask for, as apt_auth.conf(5) has it (`machine HOST login NAME password SECRET`): ' +
        '`env:NAME` or `file:PATH`. It serves the build alone, and nothing of it is in the image.',
    ),
  snapshot: z
    .string()
    .regex(SNAPSHOT, {
      error: 'a day or a second of it in UTC, such as 2025-01-01 or 20250101T000000Z',
      abort: true,
    })
    .refine((text) => isDay(snapshotDay(text)), NO_SUCH_DAY)
    .optional()
    .describe(
      'Build from the archive as it was then: `mirror` is an archive of snapshots, and the time is appended to its URL, as ' +
        '`/20250101T000000Z`. Its signed indexes have to have been valid then. The image names `image-mirror`, else what it names ' +
        'where a recipe has no `mirror`.',
    ),
  components: z
    .array(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a component, such as main'))
    .nonempty('at least one component')
    .default(['main'])
    .describe(
      'Components of the archive: `main`, `contrib`, `non-free-firmware`, `non-free`; of Ubuntu `main`, `restricted`, `universe`, ' +
        '`multiverse`.',
    ),
  pockets: z
    .array(z.enum(['updates', 'security']))
    .optional()
    .describe('Suites besides the release itself. Default: `updates` and `security`; none for `sid`.'),
  variant: z
    .enum(['minbase', 'important', 'standard'])
    .default('minbase')
    .describe('How much to install: essential packages and apt (`minbase`), or all of a priority.'),
  include: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'a Debian package name, such as ca-certificates'))
    .default([])
    .describe('Packages to install at once with the base system.'),
  documentation: z
    .boolean()
    .default(true)
    .describe(
      'Keep manual pages and documentation. `false` leaves them out of every package, but for licences.',
    ),
  keyring: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Keys that may sign the archive: a path on this host, or one relative to the recipe's folder, which is copied into the image. " +
        `Default: those of Debian, \`${DEBIAN.keyring}\`, or of Ubuntu, \`${UBUNTU.keyring}\`.`,
    ),
  repositories: repositoriesSchema
    .default([])
    .describe(
      'Archives besides the one of the suite, for this step and all later ones: their packages are resolved, locked and checked alike. The ' +
        'image has them in /etc/apt/sources.list.d, with their keys.',
    ),
  tool: z
    .enum(['mmdebstrap', 'debootstrap'])
    .default('mmdebstrap')
    .describe('The bootstrap tool. `debootstrap` is slower and knows fewer variants.'),
});
type Options = z.output<typeof options>;

export const debootstrap = defineStage({
  name: 'debootstrap',
  summary: 'Create the base system of a release of Debian or Ubuntu from a signed archive.',
  kind: 'rootfs',
  provides: WHOLE_ROOT,
  distribution: () => 'debian',
  title: ({ suite, variant }) => `${suite} (${variant})`,
  options,
  tools: [
    { name: 'apt-get', package: 'apt' },
    { name: 'dpkg-deb', package: 'dpkg' },
  ],
  toolsFor: ({ tool }) => [{ name: tool, package: tool }],
  credentials: ({ auth }) => auth,
  inputs: ({ keyring, repositories }) => [
    ...(keyring === undefined || isAbsolute(keyring) ? [] : [keyring]),
    ...keyringsOfRecipe(repositories),
  ],
  check: ({ options: given, recipe }) => [
    ...refusedPackages('include', given.include),
    ...snapshotFindings(given),
    ...vendorFindings(given, recipe),
    ...keyringFindings(given, recipe),
    ...archiveFindings(given.repositories, recipe.folder).map((finding) => ({
      ...finding,
      path: ['repositories', ...finding.path],
    })),
    ...toolFindings(given),
  ],
  surroundings: async (about) => {
    const { repositories, suite } = about.options;
    const keyring = keyringOf(about.options);
    const mirror = (await mirrors(about)).image;
    const image = imageSources(about.options, mirror);
    // Pins that the image could not have are refused before anything is built.
    const preferences = pinsText(repositories, ownArchive(suite, mirror));
    return {
      ...(preferences === '' ? {} : { preferences }),
      'sources.list': formatSources(image),
      // A keyring of the recipe is an input by itself; the vendor's own comes with its package.
      ...(isAbsolute(keyring) && keyring !== vendorOf(suite).keyring
        ? { keyring: sha256(await readFile(keyring)) }
        : {}),
      ...(await hostKeyrings(about.options)),
    };
  },
  archives: async (about) => {
    const { main, security } = (await mirrors(about)).build;
    const others = archiveSources(about.options.repositories, ({ keyring }) => keyring);
    return {
      main: [main],
      security: [security],
      ...Object.fromEntries(others.map(({ archive, uri }) => [archive, [uri]])),
    };
  },
  request: ({ suite, components, pockets, variant, include, snapshot, repositories }) => ({
    suite,
    components,
    pockets: pockets ?? defaultPockets(suite),
    variant,
    include,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(repositories.length === 0
      ? {}
      : { repositories: repositories.map(({ url: _, keyring: __, ...rest }) => rest) }),
  }),
  async resolve(ctx) {
    const { suite, repositories } = ctx.options;
    const { architecture } = ctx.recipe;
    const { build } = await mirrors(ctx);
    const sources = [
      ...sourcesOf(ctx.options, build, keyringPath(keyringOf(ctx.options), ctx.recipe)),
      ...archiveSources(repositories, ({ keyring }) => keyringPath(keyring, ctx.recipe)),
    ];
    const pins = pinsText(repositories, ownArchive(suite, build));
    const doing = `resolve the packages of ${suite}`;
    const lists = await packageLists(ctx, sources, {
      architecture,
      doing,
      snapshot: snapshotOf(ctx.options),
    });
    const prefer = preferred(ctx.prefer, lists.indexes);
    const installed = baseInstalled(suite);
    const world: AptWorld = {
      kind: 'apt',
      sources,
      lists,
      prefer,
      installed,
      ...(pins === '' ? {} : { pins }),
    };
    const solution = await solve(ctx, world, baseRequest({ ...ctx.options, architecture }));
    const { packages } = solution;
    const reasons = reasonsFor(solution, (name, stanza) => isBase(ctx.options, name, stanza));
    // Ubuntu has the tools of the host in another archive than those of its ports.
    const native = vendorOf(suite) === UBUNTU ? [] : sources;
    const tools = await resolveNative(ctx, native, snapshotOf(ctx.options));
    const { indexes, basis } = lists;
    return { packages, tools, indexes, basis, reasons, carry: worldAfter(world, solution) };
  },
  async run(ctx) {
    const { image } = await mirrors(ctx);
    const { suite } = ctx.options;
    const archive = await openPackages(ctx, suite);
    await bootstrap(ctx, {
      ...ctx.options,
      architecture: ctx.recipe.architecture,
      target: ctx.rootfs,
      archive,
    });
    const tree = rootTree(ctx.rootfs);
    const keyring = keyringOf(ctx.options);
    if (keyring !== vendorOf(suite).keyring)
      await tree.write(keyringInImage(ctx.options), await readFile(keyringPath(keyring, ctx.recipe)));
    await tree.write('/etc/apt/sources.list', formatSources(imageSources(ctx.options, image)));
    const { folder } = ctx.recipe;
    await writeRepositories(tree, ctx.options.repositories, { folder, own: ownArchive(suite, image) });
    await recordSources(ctx);
    await installMissing(ctx, archive);
    await giveToApt(tree);
    assertInstalled({ before: [], locked: ctx.packages, removals: false }, await installedPackages(tree));
    await recordPackages(ctx);
  },
});

/** Digests of keyrings on this host, by the names of their archives; those of the recipe are inputs by themselves. */
async function hostKeyrings({ repositories }: Options): Promise<Record<string, string>> {
  const own = repositories.filter(({ keyring }) => isAbsolute(keyring));
  return Object.fromEntries(
    await Promise.all(
      own.map(async ({ name, keyring }) => [`keyring of ${name}`, sha256(await readFile(keyring))] as const),
    ),
  );
}

function keyringFindings(given: Options, recipe: Pick<RecipeFacts, 'folder'>): StageFinding[] {
  const problem = keyringFileProblem(
    keyringPath(keyringOf(given), recipe),
    vendorOf(given.suite).keyringHint,
  );
  return problem === undefined ? [] : [{ path: ['keyring'], ...problem }];
}

function keyringOf({ suite, keyring }: Pick<Options, 'suite' | 'keyring'>): string {
  return keyring ?? vendorOf(suite).keyring;
}

function keyringPath(keyring: string, recipe: Pick<RecipeFacts, 'folder'>): string {
  return resolve(recipe.folder, keyring);
}

/** Where the image has the keyring; one that the archive's own package does not bring is copied. */
function keyringInImage(given: Pick<Options, 'suite' | 'keyring'>): string {
  const keyring = keyringOf(given);
  return keyring === vendorOf(given.suite).keyring ? keyring : `/etc/apt/keyrings/${basename(keyring)}`;
}

function sourcesOf(options: Options, mirror: MirrorChoice, signedBy: string): NamedSource[] {
  const { suite, components } = options;
  const pockets = options.pockets ?? defaultPockets(suite);
  return suiteSources(mirror, { suite, components, pockets, signedBy });
}

/** The suite's own archive, for those that stand beside it. */
function ownArchive(suite: string, { main }: Pick<MirrorChoice, 'main'>): OwnArchive {
  return { vendor: vendorOf(suite).name, url: main, suite };
}

function imageSources(options: Options, mirror: MirrorChoice): NamedSource[] {
  return sourcesOf(options, mirror, keyringInImage(options));
}

async function bootstrap(ctx: StageContext<Options>, wishes: BootstrapWishes): Promise<void> {
  const { tool } = ctx.options;
  const argv = tool === 'mmdebstrap' ? mmdebstrapArgv(wishes) : debootstrapArgv(wishes);
  const options: RunOptions = {
    doing: `create the base system of ${wishes.suite}`,
    env: {
      SOURCE_DATE_EPOCH: String(ctx.epoch),
      ...(tool === 'debootstrap' ? DEBOOTSTRAP_ENVIRONMENT : {}),
    },
    onLine: followApt(ctx),
  };
  await ctx.bootstrap(argv, options, [wishes.archive.folder]);
  // What mmdebstrap was told stays behind in the image: the options of the build go, the choice of files gets a name.
  const tree = rootTree(ctx.rootfs);
  // Programs of packages leave files there; /run/lock is Debian's own, policy 9.1.4.
  for (const name of await tree.names('/run')) if (name !== 'lock') await tree.remove(`/run/${name}`);
  await tree.remove('/etc/apt/apt.conf.d/99mmdebstrap');
  // apt's caches know where the archive of this build was.
  await tree.remove('/var/cache/apt/pkgcache.bin');
  await tree.remove('/var/cache/apt/srcpkgcache.bin');
  // Both tools copy these from the build host.
  await tree.remove('/etc/resolv.conf');
  await tree.remove('/etc/hostname');
  await tree.remove('/etc/dpkg/dpkg.cfg.d/99mmdebstrap');
  if (!wishes.documentation) {
    await tree.write('/etc/dpkg/dpkg.cfg.d/no-documentation', `${NO_DOCUMENTATION.join('\n')}\n`);
  }
}
