/** Command lines and environment of apt and dpkg inside the root tree. */
import type { Argv } from '../../pipeline/ports.js';

/**
 * PATH of maintainer scripts. Its first folder holds a no-op `update-initramfs`: kernels and triggers would generate the
 * initramfs two or three times, the `initramfs` stage does it once. apt resets PATH to DPkg::Path, so it is given there.
 */
const MAINTAINER_PATH = '/run/lunsmith/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where packages finds the sources of this build when they are not those of the image. */
export const BUILD_SOURCES = '/etc/apt/lunsmith-build.list';

const NO_CACHES: readonly string[] = ['Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='];

const OPTIONS: readonly string[] = [
  `DPkg::Path=${MAINTAINER_PATH}`,
  'Dpkg::Use-Pty=0',
  // The tree is worthless until the step has ended well, so nothing needs to reach the disk before.
  'DPkg::Options::=--force-unsafe-io',
  // A file that an earlier step wrote is the recipe's; the package's own version of it lies beside as *.dpkg-dist.
  'DPkg::Options::=--force-confdef',
  'DPkg::Options::=--force-confold',
  'Acquire::Retries=3',
  'Acquire::Languages=none',
  // Caches of the lists: as large as the lists, and of no use to the next step.
  ...NO_CACHES,
  'Acquire::http::Timeout=20',
  'Acquire::https::Timeout=20',
];

/** @param epoch SOURCE_DATE_EPOCH: dates that maintainer scripts put into files, such as /etc/shadow. */
export function aptEnvironment(epoch: number): Record<string, string> {
  return {
    PATH: MAINTAINER_PATH,
    DEBIAN_FRONTEND: 'noninteractive',
    DEBCONF_NONINTERACTIVE_SEEN: 'true',
    SOURCE_DATE_EPOCH: String(epoch),
  };
}

export interface AptOptions {
  /** Use {@link BUILD_SOURCES} in the place of /etc/apt/sources.list. */
  readonly buildSources: boolean;
}

function apt(command: string, { buildSources }: AptOptions, ...rest: string[]): Argv {
  const options = buildSources ? [...OPTIONS, `Dir::Etc::SourceList=${BUILD_SOURCES}`] : OPTIONS;
  return ['apt-get', '--assume-yes', ...options.flatMap((option) => ['-o', option]), command, ...rest];
}

export function updateArgv(options: AptOptions): Argv {
  return apt('update', { ...options }, '--error-on=any');
}

export interface InstallOptions extends AptOptions {
  readonly recommends: boolean;
}

/** `remove` is carried out in the same transaction, so that an alternative can replace what is there. */
export function installArgv(
  install: readonly string[],
  remove: readonly string[],
  options: InstallOptions,
): Argv {
  return apt(
    'install',
    options,
    options.recommends ? '--install-recommends' : '--no-install-recommends',
    ...(remove.length === 0 ? ['--no-remove'] : []),
    '--',
    ...install,
    ...remove.map((name) => `${name}-`),
  );
}

/** All installed packages to the newest version of the sources, with what that needs. */
export function upgradeArgv(options: AptOptions): Argv {
  return apt('dist-upgrade', options, '--no-install-recommends');
}

/** All package names that apt knows, one a line. */
export function namesArgv({ buildSources }: AptOptions): Argv {
  const options = buildSources ? [...NO_CACHES, `Dir::Etc::SourceList=${BUILD_SOURCES}`] : NO_CACHES;
  return ['apt-cache', ...options.flatMap((option) => ['-o', option]), 'pkgnames'];
}

export function cleanArgv(): Argv {
  return ['apt-get', 'clean'];
}

export function holdArgv(names: readonly string[]): Argv {
  return ['apt-mark', 'hold', ...names];
}
