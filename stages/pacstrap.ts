/** The first step of an Arch Linux root: packages of signed repositories. */
import { basename, extname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { urlSchema } from '../base/schema/url.js';
import { defineStage, type RecipeFacts, type StageContext } from '../pipeline/stage.js';
import { ARCH_ARCHITECTURE, commonArchitecture } from './distribution/arch/pacman/architecture.js';
import type { Repository } from './distribution/arch/pacman/config.js';
import { fetchDatabases } from './distribution/arch/pacman/databases.js';
import { installPooled, TREE_KEYS } from './distribution/arch/pacman/install.js';
import {
  copyKeyring,
  hasKeyring,
  noKeyring,
  readKeyring,
  requireKeyring,
} from './distribution/arch/pacman/keyring.js';
import { KEYRING_UNIT, keyringUnitText } from './distribution/arch/pacman/keyring-unit.js';
import { keptKeys, makeKeys } from './distribution/arch/pacman/keys.js';
import { REQUESTS } from './distribution/arch/pacman/names.js';
import { resolveRequest } from './distribution/arch/pacman/resolve.js';
import {
  chooseServers,
  hostServers,
  mirrorlistText,
  repositoryUrl,
} from './distribution/arch/pacman/servers.js';
import type { PacmanWorld } from './distribution/arch/pacman/world.js';
import { packageName } from './packages/names.js';
import { addUnit, hasSystemd } from './rootfs/systemd.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const server = urlSchema({
  pattern: String.raw`^(https?|file):\/\/\S*\$repo\S*$`,
  expected: 'a URL with `$repo` in it, as a mirrorlist has it',
  instead: 'Name a server that asks nobody who he is, such as one of your own.',
});

const options = z.strictObject({
  mirrors: z
    .array(server)
    .nonempty('at least one server')
    .optional()
    .describe(
      'Servers, in the order in which they are asked, as a mirrorlist has them: `https://mirror.example.org/archlinux/$repo/os/$arch`. ' +
        'Default: /etc/pacman.d/mirrorlist of this host. `--mirror` on the command line overrides them for the build alone, not in the image.',
    ),
  snapshot: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day, such as 2026-11-01')
    .optional()
    .describe(
      'Day of an archive that keeps old packages, for servers with `$snapshot` in their URLs, which becomes `2026/11/01`.',
    ),
  'image-mirrors': z
    .array(server)
    .nonempty('at least one server')
    .optional()
    .describe('Servers to name in /etc/pacman.d/mirrorlist of the image. Default: `mirrors`.'),
  repositories: z
    .array(packageName)
    .nonempty('at least one repository')
    .default(['core', 'extra'])
    .describe('Repositories; the first that has a package wins.'),
  include: z
    .array(z.string().regex(REQUESTS.pattern, REQUESTS.expected))
    .nonempty('at least one package')
    .default(['base'])
    .describe('Packages to begin with, with all that they depend on: names, groups, or `NAME=VERSION`.'),
  keyring: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Keys that packages must be signed by: a path on this host, or one relative to the recipe's folder; beside it may lie `NAME-trusted` " +
        'and `NAME-revoked`, without which each of its keys is trusted. Default: the keyring of Arch Linux on this host.',
    ),
  'database-signature': z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      'Whether the databases must be signed as well. Arch Linux signs its packages, which is required in any case, and not its databases: ' +
        'its mirrors need `optional`.',
    ),
});
type Options = z.output<typeof options>;
interface About {
  readonly options: Options;
  readonly mirror: string | undefined;
}

export const pacstrap = defineStage({
  name: 'pacstrap',
  summary: 'Create the base system of Arch Linux from signed packages.',
  kind: 'rootfs',
  provides: WHOLE_ROOT,
  distribution: () => 'arch',
  title: ({ include }) => include.join(' '),
  options,
  tools: [
    { name: 'pacman', package: 'pacman-package-manager' },
    { name: 'pacman-key', package: 'pacman-package-manager' },
    { name: 'gpg', package: 'gpg' },
  ],
  inputs: ({ keyring }) => (keyring === undefined || isAbsolute(keyring) ? [] : [keyring]),
  check: ({ options: given, recipe }) => [
    ...(recipe.architecture === commonArchitecture(ARCH_ARCHITECTURE)
      ? []
      : [
          {
            path: [],
            what: `Arch Linux is not made for ${recipe.architecture}.`,
            expected: `\`architecture: ${commonArchitecture(ARCH_ARCHITECTURE)}\``,
          },
        ]),
    ...(hasKeyring(keyringPath(given, recipe))
      ? []
      : [{ path: ['keyring'], ...noKeyring(keyringPath(given, recipe)) }]),
    ...snapshotFindings(given),
  ],
  surroundings: async (about) => ({
    mirrorlist: mirrorlistText(await imageServers(about)),
    keyring: (await readKeyring(keyringPath(about.options, about.recipe)))?.digest ?? '',
  }),
  archives: async (about) => {
    const [first] = await buildServers(about);
    return Object.fromEntries(about.options.repositories.map((name) => [name, repositoryUrl(first, name)]));
  },
  request: ({ repositories, include, snapshot }) => ({ repositories, include, snapshot: snapshot ?? null }),
  async resolve(ctx) {
    const servers = await buildServers(ctx);
    const keyring = await requireKeyring(keyringPath(ctx.options, ctx.recipe));
    const keys = await keptKeys(ctx.run, keyring, ctx.state);
    const databaseSignature = ctx.options['database-signature'];
    const repositories = ctx.options.repositories.map(
      (name): Repository => ({ name, servers, databaseSignature }),
    );
    const databases = await fetchDatabases(ctx, { repositories, keys, keyring: keyring.file });
    const world: PacmanWorld = { kind: 'pacman', repositories, databases, keys, installed: [] };
    const request = { install: ctx.options.include, remove: [] };
    return { ...(await resolveRequest(ctx, request, world)), indexes: databases.indexes };
  },
  async run(ctx) {
    const keyring = await requireKeyring(keyringPath(ctx.options, ctx.recipe));
    const tree = rootTree(ctx.rootfs);
    await tree.directory('/etc/pacman.d');
    await makeKeys(ctx.run, keyring, join(ctx.rootfs, TREE_KEYS));
    await installPooled(ctx, { install: ctx.options.include, remove: [] });
    await tree.write('/etc/pacman.d/mirrorlist', mirrorlistText(await imageServers(ctx)));
    await giveKeyring(ctx);
  },
});

function snapshotFindings({ mirrors = [], snapshot }: Options) {
  const dated = mirrors.some((each) => each.includes('$snapshot'));
  if (snapshot !== undefined && mirrors.length > 0 && !dated) {
    return [
      {
        path: ['snapshot'],
        what: 'No server of `mirrors` keeps the packages of a day.',
        expected:
          '`$snapshot` in a URL, such as `https://mirror.example.org/archive/repos/$snapshot/$repo/os/$arch`',
      },
    ];
  }
  return snapshot === undefined && dated
    ? [
        {
          path: ['mirrors'],
          what: '`$snapshot` stands for a day that is not given.',
          hint: 'Give it in `snapshot`.',
        },
      ]
    : [];
}

function keyringPath({ keyring }: Options, recipe: Pick<RecipeFacts, 'folder'>): string | undefined {
  return keyring === undefined || isAbsolute(keyring) ? keyring : join(recipe.folder, keyring);
}

async function buildServers({ options: given, mirror }: About): Promise<[string, ...string[]]> {
  const { mirrors: recipe, snapshot } = given;
  const [first, ...rest] = chooseServers({ override: mirror, recipe, snapshot }, await hostServers());
  if (first !== undefined) return [first, ...rest];
  throw new Failure('recipe', {
    what: 'Neither the recipe nor this host names a mirror of Arch Linux.',
    hint: 'Give `mirrors` to the `pacstrap` step, or run the same command with `--mirror URL`.',
  });
}

/** An override serves the build alone. */
async function imageServers({ options: given }: Pick<About, 'options'>): Promise<string[]> {
  const { mirrors, 'image-mirrors': image, snapshot } = given;
  return chooseServers({ override: undefined, recipe: image ?? mirrors, snapshot }, await hostServers());
}

/** What the booted system needs to check packages: the recipe's own keyring, and a key of its own, which no image can hold. */
async function giveKeyring(ctx: StageContext<Options>): Promise<void> {
  const tree = rootTree(ctx.rootfs);
  const path = keyringPath(ctx.options, ctx.recipe);
  if (path !== undefined) {
    const folder = await tree.locate('/usr/share/pacman/keyrings');
    await copyKeyring(await requireKeyring(path), basename(path, extname(path)), folder);
  }
  if (await hasSystemd(tree)) await addUnit(tree, KEYRING_UNIT, keyringUnitText(), 'multi-user.target');
}
