/** A Debian tree with the other builders in it: newer than those of the host, and nothing has to be installed there. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports } from '../../base/ports.js';
import { chooseMirror, hostSources, suiteSources } from '../../stages/distribution/debian/apt/mirror.js';
import { formatSources } from '../../stages/distribution/debian/apt/sources.js';
import { DEBIAN, defaultPockets } from '../../stages/distribution/debian/apt/vendor.js';

const SUITE = 'trixie';

export interface Toolbox {
  /** Runs a command in the tree, where the folder is /work. */
  run(folder: string, argv: Argv, doing: string): Promise<void>;
  /** Version of an installed Debian package. */
  version(name: string): Promise<string>;
}

/** @param folder absolute path; the tree is made below it */
export async function openToolbox(
  packages: readonly string[],
  folder: string,
  run: Ports['run'],
): Promise<Toolbox> {
  const override = process.env['LUNSMITH_MIRROR'];
  const host = await hostSources();
  const mirror = chooseMirror({ override, recipe: undefined, recipeSecurity: undefined, host });
  if (mirror === undefined)
    throw new Error('The apt sources of this host name no Debian mirror: set LUNSMITH_MIRROR.');
  await mkdir(folder);
  const list = join(folder, 'sources.list');
  const wishes = { components: ['main'], pockets: defaultPockets(SUITE), signedBy: DEBIAN.keyring };
  await writeFile(list, formatSources(suiteSources(mirror, { ...wishes, suite: SUITE })));
  const tree = join(folder, 'tree');
  const include = `--include=${[...new Set(packages)].join(',')}`;
  await run(['mmdebstrap', '--mode=root', '--variant=apt', include, SUITE, tree, list], {
    doing: 'install the other builders in a tree',
  });
  // Containers want both of the host.
  await writeFile(join(tree, 'etc/machine-id'), `${'0123456789abcdef'.repeat(2)}\n`);
  await rm(join(tree, 'etc/resolv.conf'), { force: true });
  await writeFile(join(tree, 'etc/resolv.conf'), '');
  // The mirror that they build from is not signed. debootstrap, which vmdb2 cannot tell so, goes on without a keyring.
  await rm(join(tree, DEBIAN.keyring), { force: true });
  return {
    run: async (work, argv, doing) => {
      const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child'] as const;
      const enter = ['sh', join('bench', 'peers', 'enter.sh'), tree, work];
      await run([...namespaces, ...enter, ...argv], { doing });
    },
    version: async (name) => {
      const argv = [
        'dpkg-query',
        `--admindir=${join(tree, 'var/lib/dpkg')}`,
        '--show',
        '--showformat=${Version}',
        name,
      ] as const;
      return (await run(argv, { doing: `ask for the version of ${name}`, quiet: true })).stdout;
    },
  };
}
