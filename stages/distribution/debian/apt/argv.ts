/** Command lines and environment of apt and dpkg inside the root tree. */
import type { Argv } from '../../../../base/ports.js';

/**
 * PATH of maintainer scripts. Its first folder holds a no-op `update-initramfs`: kernels and triggers would generate the
 * initramfs two or three times, the `initramfs` stage does it once. apt resets PATH to DPkg::Path, so it is given there.
 */
const MAINTAINER_PATH = '/run/lunsmith/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where the chroot sees the one archive of a step. */
export const OFFLINE_ARCHIVE = '/run/lunsmith/packages';
/** Where its package lists are. */
export const OFFLINE_LISTS = '/run/lunsmith/lists';
/** Below the archive's folder: the sources.list(5) that names it. */
export const OFFLINE_SOURCES = 'sources.list';

const NO_CACHES: readonly string[] = ['Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='];

const OPTIONS: readonly string[] = [
  `DPkg::Path=${MAINTAINER_PATH}`,
  'Dpkg::Use-Pty=0',
  // The tree is worthless until the step has ended well, so nothing needs to reach the disk before.
  'DPkg::Options::=--force-unsafe-io',
  // A file that an earlier step wrote is the recipe's; the package's own version of it lies beside as *.dpkg-dist.
  'DPkg::Options::=--force-confdef',
  'DPkg::Options::=--force-confold',
  'Acquire::Languages=none',
  // Caches of the lists: as large as the lists, and of no use to the next step.
  ...NO_CACHES,
  // Only the packages of this step, whatever sources the image names; lists leave no trace in it.
  `Dir::Etc::SourceList=${OFFLINE_ARCHIVE}/${OFFLINE_SOURCES}`,
  'Dir::Etc::SourceParts=/dev/null',
  `Dir::State::Lists=${OFFLINE_LISTS}`,
  'APT::Sandbox::User=root',
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

function apt(command: string, ...rest: string[]): Argv {
  return ['apt-get', '--assume-yes', ...OPTIONS.flatMap((option) => ['-o', option]), command, ...rest];
}

export function updateArgv(): Argv {
  return apt('update', '--error-on=any');
}

/** `remove` is carried out in the same transaction, so that an alternative can replace what is there. */
export function installArgv(
  install: readonly string[],
  remove: readonly string[],
  options: { readonly recommends: boolean },
): Argv {
  return apt(
    'install',
    options.recommends ? '--install-recommends' : '--no-install-recommends',
    ...(remove.length === 0 ? ['--no-remove'] : []),
    '--',
    ...install,
    ...remove.map((name) => `${name}-`),
  );
}

export function autoArgv(names: readonly string[]): Argv {
  return mark('auto', names);
}

export function holdArgv(names: readonly string[]): Argv {
  return mark('hold', names);
}

function mark(command: string, names: readonly string[]): Argv {
  return ['apt-mark', ...NO_CACHES.flatMap((option) => ['-o', option]), command, ...names];
}
