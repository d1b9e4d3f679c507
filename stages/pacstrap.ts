/** The first step of an Arch Linux root: packages of signed repositories. */
import { isAbsolute, join } from 'node:path';
import { defineStage } from '../pipeline/stage.js';
import { fetchWorld } from './distribution/arch/pacman/base-world.js';
import { installPooled, TREE_KEYS } from './distribution/arch/pacman/install.js';
import { findKeyring, requireKeyring } from './distribution/arch/pacman/keyring.js';
import { makeKeys } from './distribution/arch/pacman/keys.js';
import { resolveRequest } from './distribution/arch/pacman/resolve.js';
import { mirrorlistText, repositoryUrl } from './distribution/arch/pacman/servers.js';
import { placeKeyring } from './distribution/arch/pacman/tree-keyring.js';
import { options } from './pacstrap/options.js';
import { buildServers, findings, keyringPath, serversOf } from './pacstrap/sources.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

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
  check: findings,
  surroundings: (about) => {
    const keyring = findKeyring(keyringPath(about.options, about.recipe));
    return Promise.resolve({
      mirrorlist: mirrorlistText(serversOf(about).image),
      keyring: 'digest' in keyring ? keyring.digest : '',
    });
  },
  archives: (about) => {
    const servers = buildServers(about);
    const urls = (name: string) => servers.map((server) => repositoryUrl(server, name));
    return Promise.resolve(Object.fromEntries(about.options.repositories.map((name) => [name, urls(name)])));
  },
  request: ({ repositories, include, snapshot }) => ({ repositories, include, snapshot: snapshot ?? null }),
  async resolve(ctx) {
    const { repositories, include, 'database-signature': databaseSignature } = ctx.options;
    const servers = buildServers(ctx);
    const keyring = requireKeyring(keyringPath(ctx.options, ctx.recipe));
    const sources = repositories.map((name) => ({ name, servers, databaseSignature }));
    const world = await fetchWorld(ctx, sources, keyring);
    const resolution = await resolveRequest(ctx, { install: include, remove: [], option: 'include' }, world);
    return { ...resolution, indexes: world.databases.indexes };
  },
  async run(ctx) {
    const path = keyringPath(ctx.options, ctx.recipe);
    const keyring = requireKeyring(path);
    const tree = rootTree(ctx.rootfs);
    await tree.directory('/etc/pacman.d');
    await makeKeys(ctx.run, keyring, join(ctx.rootfs, TREE_KEYS));
    await installPooled(ctx, { install: ctx.options.include, remove: [] });
    await tree.write('/etc/pacman.d/mirrorlist', mirrorlistText(serversOf(ctx).image));
    await placeKeyring(tree, path === undefined ? undefined : keyring);
  },
});
