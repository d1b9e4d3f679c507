/** Command lines of the two bootstrap tools. */

import { pathToFileURL } from 'node:url';
import type { Argv } from '../../base/ports.js';
import type { Architecture } from '../../pipeline/stage.js';
import { type Repository, repositorySource } from '../distribution/debian/apt/repository.js';
import { needsUsrmerge } from './selection.js';
import type { Variant } from './variant.js';

export interface BootstrapWishes {
  readonly architecture: Architecture;
  readonly suite: string;
  readonly variant: Variant;
  readonly include: readonly string[];
  readonly documentation: boolean;
  readonly target: string;
  /** What to build from. */
  readonly archive: Repository;
}

/**
 * What mmdebstrap leaves out: /sys cannot be mounted anew and device nodes cannot be made in a user namespace (devtmpfs
 * makes them at boot). Its look for an emulator asks the host, not the sandbox. In /run native tools may be mounted, which it could
 * not remove.
 */
const SKIPPED = [
  'chroot/mount/sys',
  'output/dev',
  'output/mknod',
  'check/empty',
  'check/qemu',
  'cleanup/run',
];

/** dpkg.cfg(5) lines that keep documentation out but for licences, which have to be handed on. */
export const NO_DOCUMENTATION: readonly string[] = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
];

export function mmdebstrapArgv(wishes: BootstrapWishes): Argv {
  const { architecture, suite, variant, include, documentation, target, archive } = wishes;
  return [
    'mmdebstrap',
    '--verbose',
    '--mode=root',
    '--format=directory',
    `--architectures=${architecture}`,
    `--variant=${variant}`,
    `--skip=${SKIPPED.join(',')}`,
    ...(needsUsrmerge(suite) ? ['--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr'] : []),
    // apt's own user may not pass through a private workspace.
    '--aptopt=APT::Sandbox::User "root"',
    ...(documentation ? [] : NO_DOCUMENTATION.map((line) => `--dpkgopt=${line}`)),
    ...(include.length === 0 ? [] : [`--include=${include.join(',')}`]),
    suite,
    target,
    repositorySource('copy', archive.folder, archive.suite),
  ];
}

export function debootstrapArgv(wishes: BootstrapWishes): Argv {
  const { architecture, suite, variant, include, target, archive } = wishes;
  return [
    'debootstrap',
    `--arch=${architecture}`,
    // Its default variant is the base system of priority `important`.
    ...(variant === 'minbase' ? ['--variant=minbase'] : []),
    // Each file was checked against the digest that a signed index gave it.
    '--no-check-gpg',
    ...(include.length === 0 ? [] : [`--include=${include.join(',')}`]),
    suite,
    target,
    pathToFileURL(archive.folder).href,
  ];
}

/** As in an LXC container, debootstrap binds device nodes that it cannot make. */
export const DEBOOTSTRAP_ENVIRONMENT: Readonly<Record<string, string>> = { container: 'lxc' };
