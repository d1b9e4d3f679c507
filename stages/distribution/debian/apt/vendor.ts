/** Who makes a suite and signs its archive: Debian, or Ubuntu, whose archives are laid out otherwise. */

export type Pocket = 'updates' | 'security';

export interface Vendor {
  readonly name: 'Debian' | 'Ubuntu';
  /** Code names by which its sources are told from those of other archives. */
  readonly suites: ReadonlySet<string>;
  /** Suites without pockets. */
  readonly rolling: ReadonlySet<string>;
  readonly components: readonly string[];
  /** Where its package of keys has them, on this host as in the image. */
  readonly keyring: string;
  /** What to do where this host lacks that package. */
  readonly keyringHint: string;
  /** Address of the archive with the security suite, by that of the archive. */
  security(main: string): string;
}

export const DEBIAN: Vendor = {
  name: 'Debian',
  suites: words(
    'stable oldstable oldoldstable testing unstable sid buster bullseye bookworm trixie forky duke',
  ),
  rolling: words('unstable sid experimental'),
  components: ['main', 'contrib', 'non-free-firmware', 'non-free'],
  keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  keyringHint:
    'Install it (Debian and Ubuntu: `apt-get install debian-archive-keyring`), or name another one.',
  // `…/debian` -> `…/debian-security`, as on Debian's own mirrors.
  security: (main) => `${main.replace(/-security$/, '')}-security`,
};

export const UBUNTU: Vendor = {
  name: 'Ubuntu',
  suites: words(
    'trusty xenial bionic focal jammy kinetic lunar mantic noble oracular plucky questing resolute',
  ),
  rolling: new Set(),
  components: ['main', 'restricted', 'universe', 'multiverse'],
  keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  keyringHint:
    'Install it (`apt-get install ubuntu-keyring`; Debian 12 has the package in bookworm-backports), or name another one.',
  // All pockets lie in one archive.
  security: (main) => main,
};

const VENDORS = [DEBIAN, UBUNTU];

/** Of a suite that neither knows Debian: what descends from it is laid out as it is, and a recipe names its keyring and mirror. */
export function vendorOf(suite: string): Vendor {
  return VENDORS.find(({ suites }) => suites.has(suite)) ?? DEBIAN;
}

/** The vendor that has a component which this one has not; undefined where none or both know it. */
export function otherVendorOf(vendor: Vendor, component: string): Vendor | undefined {
  if (vendor.components.includes(component)) return undefined;
  return VENDORS.find((each) => each !== vendor && each.components.includes(component));
}

/** The pockets that a suite has when the recipe does not say. */
export function defaultPockets(suite: string): Pocket[] {
  return vendorOf(suite).rolling.has(suite) ? [] : ['updates', 'security'];
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
