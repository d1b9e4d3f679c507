/** Command lines of the two bootstrap tools. */
import type { Argv } from '../../pipeline/ports.js';
import type { Architecture } from '../../pipeline/stage.js';
import { type AptSource, formatSource } from '../apt/sources.js';

export type Variant = 'minbase' | 'important' | 'standard';

export interface BootstrapWishes {
  readonly architecture: Architecture;
  readonly suite: string;
  readonly variant: Variant;
  readonly components: readonly string[];
  readonly include: readonly string[];
  readonly documentation: boolean;
  /** Path of the keyring on the host. */
  readonly keyring: string;
  readonly target: string;
  /** What to build from; none: the tool's built-in default. */
  readonly sources: readonly AptSource[];
}

/**
 * What mmdebstrap leaves out: /sys cannot be mounted anew and device nodes cannot be made in a user namespace (devtmpfs
 * makes them at boot), and the lists serve the next step.
 */
const SKIPPED = ['chroot/mount/sys', 'output/dev', 'output/mknod', 'cleanup/apt/lists', 'check/empty'];

/**
 * Debian 12 would install usrmerge, which needs all of Perl; the hook makes the links of a merged /usr itself. Later
 * releases bring the links.
 */
const NEEDS_USRMERGE = new Set(['bookworm']);

/** dpkg.cfg(5) lines that keep documentation out but for licences, which have to be handed on. */
export const NO_DOCUMENTATION: readonly string[] = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
];

export function mmdebstrapArgv(wishes: BootstrapWishes): Argv {
  const { architecture, suite, variant, components, include, documentation, keyring, target, sources } =
    wishes;
  return [
    'mmdebstrap',
    '--verbose',
    '--mode=root',
    '--format=directory',
    `--architectures=${architecture}`,
    `--variant=${variant}`,
    `--components=${components.join(',')}`,
    `--skip=${SKIPPED.join(',')}`,
    `--keyring=${keyring}`,
    ...(NEEDS_USRMERGE.has(suite) ? ['--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr'] : []),
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=Acquire::http::Timeout "20"',
    '--aptopt=Acquire::https::Timeout "20"',
    ...(documentation ? [] : NO_DOCUMENTATION.map((line) => `--dpkgopt=${line}`)),
    ...(include.length === 0 ? [] : [`--include=${include.join(',')}`]),
    suite,
    target,
    ...sources.map(formatSource),
  ];
}

export function debootstrapArgv(wishes: BootstrapWishes): Argv {
  const { architecture, suite, variant, components, include, keyring, target, sources } = wishes;
  const [main] = sources;
  return [
    'debootstrap',
    `--arch=${architecture}`,
    // Its default variant is the base system of priority `important`.
    ...(variant === 'minbase' ? ['--variant=minbase'] : []),
    `--components=${components.join(',')}`,
    `--keyring=${keyring}`,
    '--force-check-gpg',
    ...(include.length === 0 ? [] : [`--include=${include.join(',')}`]),
    suite,
    target,
    ...(main === undefined ? [] : [main.uri]),
  ];
}

/** As in an LXC container, debootstrap binds device nodes that it cannot make. */
export const DEBOOTSTRAP_ENVIRONMENT: Readonly<Record<string, string>> = { container: 'lxc' };
