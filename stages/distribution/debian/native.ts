/** Native tools of Debian's packages: shell, coreutils, perl and the like. */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForeignRoot, NativeTools, NativeTree, StandIn, ToolPackage } from '../../../pipeline/stage.js';
import { type RootTree, rootTree } from '../../rootfs/tree.js';
import { installedPackages } from './dpkg.js';
import { FOLDERS, PROGRAMS } from './native/programs.js';

/** Debian's name of the architecture in paths (multiarch), of those that tools are of. */
const TRIPLETS: Readonly<Record<string, string>> = { amd64: 'x86_64-linux-gnu' };

type Run = Parameters<NativeTools['unpack']>[2];

export const native: NativeTools = {
  async unpack(packages, folder, ports) {
    const libc = packages.find(({ name }) => name === 'libc6');
    const triplet = TRIPLETS[libc?.architecture ?? ''];
    if (libc === undefined || triplet === undefined || !knowsArgv0(libc.version)) return undefined;
    for (const each of packages) await extract(each, folder, ports);
    // Later releases have all of it below /usr.
    const libraries = [`lib/${triplet}`, `usr/lib/${triplet}`];
    const loaders = libraries.map((path) => `${path}/ld-linux-x86-64.so.2`);
    const loader = await firstOf(loaders, (path) => isFile(join(folder, path)));
    const versions = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
    return loader === undefined ? undefined : { folder, loader, libraries, versions };
  },

  async standIns(tools, root, ports) {
    const tree = rootTree(root.rootfs);
    // Its libraries would be loaded into native programs, which complain where they cannot.
    if (((await tree.read('/etc/ld.so.preload')) ?? '').trim() !== '') return [];
    const installed = await installedPackages(tree);
    const own = installed.filter(({ architecture }) => architecture === root.architecture);
    const perlModules = [...installed, ...root.coming].some(bringsPerlModules);
    const found: StandIn[] = [];
    for (const [name, programs] of Object.entries(PROGRAMS)) {
      if (name === 'perl-base' && perlModules) continue;
      const version = tools.versions[name];
      const same = (each: { readonly name: string; readonly version: string }) =>
        each.name === name && each.version === version;
      const coming = root.coming.find((each) => same(each) && each.architecture === root.architecture);
      const trees = own.some(same) ? [tree] : [];
      if (coming !== undefined) trees.push(await unpacked(coming, root, ports));
      for (const program of programs)
        for (const each of trees) found.push(...(await pair(program, each, tools)));
    }
    return found;
  },
};

/** ld.so(8) of glibc 2.33 and later has `--argv0`. @param version of libc6 */
function knowsArgv0(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > 2 || (major === 2 && minor >= 33);
}

/**
 * Whether a package has modules of perl that are built for the root's architecture: native perl could not load them. Those of
 * perl-base are among the tools too.
 */
function bringsPerlModules({ name, architecture }: Pick<ToolPackage, 'name' | 'architecture'>): boolean {
  return architecture !== 'all' && (name === 'perl' || /^lib(?:.*-perl|perl5\..*)$/.test(name));
}

async function unpacked(each: ToolPackage, { scratch }: ForeignRoot, ports: Run): Promise<RootTree> {
  const folder = join(scratch, each.name);
  await mkdir(folder);
  await extract(each, folder, ports);
  return rootTree(folder);
}

async function extract({ name, file }: ToolPackage, folder: string, { run }: Run): Promise<void> {
  await run(['dpkg-deb', '--extract', file, folder], { doing: `unpack ${name}`, quiet: true });
}

/** The program of a tree and the native one; none where either is not there. */
async function pair(program: string, tree: RootTree, tools: NativeTree): Promise<StandIn[]> {
  const paths = FOLDERS.map((folder) => `${folder}/${program}`);
  const native = await firstOf(paths, (path) => isFile(join(tools.folder, path)));
  if (native === undefined) return [];
  for (const path of paths) {
    const foreign = await tree.resolve(path);
    if (foreign === undefined || !(await isFile(foreign))) continue;
    return [{ foreign, native, ...(program === 'perl' ? { options: perlOptions } : {}) }];
  }
  return [];
}

/** It looks for its modules where it was built to lie. */
function perlOptions(folder: string): string[] {
  return Object.values(TRIPLETS).map((triplet) => `-I${folder}/usr/lib/${triplet}/perl-base`);
}

async function firstOf(
  paths: readonly string[],
  test: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (await test(path)) return path;
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === true;
}
