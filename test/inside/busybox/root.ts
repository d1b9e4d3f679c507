/** The first step of a busybox system: busybox itself, a name for each of its programs, and the few files that it starts by. */
import { z } from 'zod';
import { defineStage } from '../../../pipeline/stage.js';
import { defaultArchive } from '../../../stages/debootstrap/default-archive.js';
import { packageLists } from '../../../stages/distribution/debian/apt/lists.js';
import { chooseMirror, hostSources, suiteSources } from '../../../stages/distribution/debian/apt/mirror.js';
import { solve } from '../../../stages/distribution/debian/apt/solve.js';
import { DEBIAN } from '../../../stages/distribution/debian/apt/vendor.js';
import { type AptWorld, preferred, worldAfter } from '../../../stages/distribution/debian/apt/world.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { WHOLE_ROOT } from '../../../stages/things.js';
import { ETC, INIT_SCRIPTS } from './texts.js';
import { unpackPackages } from './unpack.js';

const SUITE = 'bookworm';

/** What Debian's packages ask for and this system has no use of. */
const ABSENT = [
  ...['debconf', 'init-system-helpers', 'initramfs-tools', 'kmod', 'linux-base', 'udev'],
  ...['libcrypt1', 'libgcc-s1', 'libisns0', 'libmount1', 'libsystemd0'],
];

/** That they are there already, in whatever version is asked for. */
function pretended(): Record<string, string> {
  return Object.fromEntries(
    ABSENT.map((name) => [
      `${name} all`,
      `Package: ${name}\nVersion: 99:1\nArchitecture: all\nMulti-Arch: foreign\nMaintainer: nobody\nDescription: not needed`,
    ]),
  );
}

async function mirrorOf(override: string | undefined) {
  const wishes = { recipe: undefined, recipeSecurity: undefined, fallback: await defaultArchive() };
  const mirror = chooseMirror({ ...wishes, override, host: await hostSources() });
  if (mirror === undefined) throw new Error('nothing names an archive of Debian');
  return mirror;
}

export const busyboxRoot = defineStage({
  name: 'busybox-root',
  summary: 'Make a root of busybox alone.',
  kind: 'rootfs',
  provides: WHOLE_ROOT,
  distribution: () => 'busybox',
  options: z.strictObject({}),
  tools: [
    { name: 'apt-get', package: 'apt' },
    { name: 'dpkg-deb', package: 'dpkg' },
  ],
  archives: async ({ mirror }) => {
    const { main, security } = await mirrorOf(mirror);
    return { main: [main], security: [security] };
  },
  async resolve(ctx) {
    const { architecture } = ctx.recipe;
    const wishes = { suite: SUITE, components: ['main'], pockets: ['updates', 'security'] } as const;
    const sources = suiteSources(await mirrorOf(ctx.mirror), { ...wishes, signedBy: DEBIAN.keyring });
    const lists = await packageLists(ctx, sources, { architecture, doing: 'resolve busybox' });
    const prefer = preferred(ctx.prefer, lists.indexes);
    const world: AptWorld = { kind: 'apt', sources, lists, prefer, installed: pretended() };
    const solution = await solve(ctx, world, { install: ['busybox-static'], remove: [], recommends: false });
    return { packages: solution.packages, indexes: lists.indexes, carry: worldAfter(world, solution) };
  },
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    await unpackPackages(ctx);
    for (const path of ['/dev', '/proc', '/run', '/sys', '/root', '/var/lib', '/usr/bin', '/sbin'])
      await tree.directory(path);
    await tree.directory('/tmp', { mode: 0o1777 });
    await tree.link('/bin/sh', 'busybox');
    const { stdout } = await ctx.chroot(['/bin/busybox', '--list-full'], {
      doing: 'list the programs',
      quiet: true,
    });
    for (const program of stdout.split('\n').filter((path) => path !== '' && path !== 'bin/busybox'))
      if (!(await tree.exists(`/${program}`))) await tree.link(`/${program}`, '/bin/busybox');
    for (const [path, text] of Object.entries(ETC)) await tree.write(path, text);
    await tree.write('/etc/shadow', 'root:*:1::::::\n', { mode: 0o600 });
    for (const [path, text] of Object.entries(INIT_SCRIPTS)) await tree.write(path, text, { mode: 0o755 });
  },
});
