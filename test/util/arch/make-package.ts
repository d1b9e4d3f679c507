/** Packages in the format of pacman (PKGINFO(5), alpm-install-scriptlet(5)): a tree and what is said of it become NAME-VERSION-ARCH.pkg.tar.zst. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export interface PackageAbout {
  readonly name: string;
  /** `[EPOCH:]VERSION-RELEASE`; default `1-1`. */
  readonly version?: string;
  readonly arch?: 'x86_64' | 'any';
  readonly depends?: readonly string[];
  readonly provides?: readonly string[];
  readonly conflicts?: readonly string[];
  readonly groups?: readonly string[];
  /** Paths without a leading slash that an upgrade keeps. */
  readonly backup?: readonly string[];
  /** Text of `.INSTALL`. */
  readonly scriptlet?: string;
}

/** Seconds since 1970, for all times in a package: the same tree is the same file. */
const TIME = 1_700_000_000;

export function packageFile({ name, version = '1-1', arch = 'any' }: PackageAbout): string {
  return `${name}-${version}-${arch}.pkg.tar.zst`;
}

/** Writes the package into a folder. @param tree becomes its content; files are added to it @returns its path */
export async function makePackage(about: PackageAbout, tree: string, folder: string): Promise<string> {
  await mkdir(tree, { recursive: true });
  const content = (await readdir(tree)).sort();
  await writeFile(join(tree, '.PKGINFO'), pkgInfo(about));
  if (about.scriptlet !== undefined) await writeFile(join(tree, '.INSTALL'), about.scriptlet);
  const own = ['.PKGINFO', ...(about.scriptlet === undefined ? [] : ['.INSTALL'])];
  const env = { LANG: 'C.UTF-8' };
  const tool = (...args: string[]) => execa('bsdtar', args, { cwd: tree, env });
  await execa('find', ['.', '-exec', 'touch', '-h', '-d', `@${TIME}`, '{}', '+'], { cwd: tree });
  const root = ['--uid', '0', '--gid', '0', '--uname', 'root', '--gname', 'root', '--no-fflags'];
  const facts = '!all,use-set,type,uid,gid,mode,time,size,sha256,link';
  await tool(
    '-cf',
    '.MTREE',
    '--gzip',
    ...root,
    `--options=mtree:${facts},gzip:!timestamp`,
    '--format=mtree',
    ...own,
    ...content,
  );
  await execa('touch', ['-h', '-d', `@${TIME}`, '.MTREE', '.'], { cwd: tree });
  await mkdir(folder, { recursive: true });
  const file = join(folder, packageFile(about));
  await rm(file, { force: true });
  await tool(
    '--zstd',
    '--options=zstd:compression-level=3',
    '-cf',
    file,
    ...root,
    '.MTREE',
    ...own,
    ...content,
  );
  return file;
}

function pkgInfo(about: PackageAbout): string {
  const { name, version = '1-1', arch = 'any' } = about;
  const list = (key: string, values: readonly string[] = []) => values.map((value) => `${key} = ${value}`);
  return [
    `pkgname = ${name}`,
    `pkgbase = ${name}`,
    `pkgver = ${version}`,
    'pkgdesc = made for a test',
    'url = https://example.org',
    `builddate = ${TIME}`,
    'packager = Nobody <nobody@example.org>',
    'size = 1',
    `arch = ${arch}`,
    'license = custom',
    ...list('group', about.groups),
    ...list('depend', about.depends),
    ...list('provides', about.provides),
    ...list('conflict', about.conflicts),
    ...list('backup', about.backup),
    '',
  ].join('\n');
}
