/** What every distribution answers, by topics. Paths are those of the root tree, unless they are called the host's. */
import type { ConsoleFacts } from '../../artifacts/release/console.js';
import type { Resolution, ResolveContext, StageContext } from '../../pipeline/stage.js';
import type { RootTree } from '../rootfs/tree.js';

/** What a topic may use of a step. */
export type TopicContext = Pick<StageContext<unknown>, 'chroot' | 'epoch' | 'warn'>;

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** A part that software plays in an image; each distribution has names of its own for what plays it. */
export type Role =
  | 'kernel'
  | 'initramfs-generator'
  /** Programs that compress an initramfs. */
  | 'zstd'
  | 'gzip'
  | 'xz'
  | 'lz4'
  /** Checks ext4 file systems. */
  | 'ext4-check'
  | 'initiator'
  /** Logs out of the root's session after the root is unmounted. */
  | 'late-logout'
  /** Makes one disk of several paths to a LUN, in the initramfs too. */
  | 'multipath'
  | 'ssh-server'
  | 'sudo'
  | 'locales'
  | 'time-zones'
  | 'old-time-zones'
  /** Takes the time from servers. */
  | 'time-client'
  /** Runs jobs of /etc/cron.d. */
  | 'cron'
  | 'ifupdown'
  | 'networkd'
  | 'networkmanager'
  | 'netplan'
  | 'dhcpcd'
  | 'cloud-init'
  /** Writes /etc/resolv.conf of what others tell it. */
  | 'resolvconf';

export interface Software {
  /** Installed packages by name and architecture, in byte order. */
  installed(tree: RootTree): Promise<readonly InstalledPackage[]>;
  /** Whether a package that plays the role is installed. */
  has(tree: RootTree, role: Role): Promise<boolean>;
  /** Packages of which each plays the role, the one to suggest first; none where the distribution has nothing for it. */
  packagesFor(role: Role): readonly string[];
  /** The systemd unit that runs it, or undefined. */
  unitFor(role: Role): string | undefined;
}

/** Why a package is installed: part of the smallest system that there is, named by somebody, or needed by another. */
export const REASONS = ['base', 'manual', 'dependency'] as const;

export interface PackageFacts extends InstalledPackage {
  /** Bytes that its files take, as who made the package counted them. */
  readonly bytes: number;
  readonly why: (typeof REASONS)[number];
  /** Names of the installed packages that depend on it themselves, in byte order. */
  readonly neededBy: readonly string[];
}

/** What the package manager's own records tell of a root that nobody runs. */
export interface Inventory {
  /** Whether the file of this absolute path is one of the records. */
  isRecord(path: string): boolean;
  /** Installed packages by name and architecture, in byte order. @param records texts by path */
  packages(records: ReadonlyMap<string, string>): readonly PackageFacts[];
}

export interface PackageRequest {
  readonly install: readonly string[];
  readonly remove: readonly string[];
  /** Install what the packages recommend too. */
  readonly recommends: boolean;
}

/** How something is written. */
export interface Wording {
  readonly pattern: RegExp;
  /** The same for messages: `the name of a package, such as openssh`. */
  readonly expected: string;
}

export interface PackageManager {
  /** How packages are called. */
  readonly names: Wording;
  /** How they are asked for: by name, version and what else it knows. */
  readonly requests: Wording;
  /** Whether its packages recommend others, which can be installed too. */
  readonly recommendations: boolean;
  /** The exact packages of a request, on top of those that the steps before brought. */
  resolve(ctx: ResolveContext<unknown>, request: PackageRequest): Promise<Resolution>;
  /** Whether an archive has the package, and no step before brought it. */
  offers(ctx: ResolveContext<unknown>, name: string): Promise<boolean>;
  /**
   * Installs exactly the step's packages, without the network, and records what is installed then.
   * @throws Failure of kind `integrity` when something else came, `tool` for a package that fails to install
   */
  install(ctx: StageContext<unknown>, request: PackageRequest): Promise<void>;
  /** Keeps packages from being upgraded in the booted system. */
  hold(ctx: StageContext<unknown>, names: readonly string[]): Promise<void>;
}

export interface Locale {
  /** Generates locales. @throws Failure of kind `recipe` for one that does not exist */
  generate(ctx: TopicContext, tree: RootTree, locales: readonly string[]): Promise<void>;
  /** Sets the locale of the whole system. */
  setLanguage(tree: RootTree, locale: string): Promise<void>;
  /** Notes the time zone's name, besides the link /etc/localtime. */
  noteTimezone(tree: RootTree, zone: string): Promise<void>;
  /** Sets the console's keyboard layout, an XKB name. */
  setKeyboard(tree: RootTree, layout: string): Promise<void>;
}

export interface Initiator {
  /** Path of iscsid.conf. */
  readonly configuration: string;
  /**
   * Places the initiator's files beside its configuration, so that the initramfs finds the target as `identity` says, and the
   * booted system takes over the session.
   */
  place(
    ctx: TopicContext,
    tree: RootTree,
    wishes: { readonly identity: 'ibft' | 'cmdline'; readonly multipath: boolean },
  ): Promise<void>;
}

export interface BootNic {
  /**
   * Patterns of files below /run, shell assignments as klibc's ipconfig writes them (`IPV4DNS0=…`), in which the initramfs
   * leaves what it learned of the network; none where it leaves nothing.
   */
  readonly learned: readonly string[];
  /** A file that is there where systemd-resolved is in use. */
  readonly resolved: string;
  /** A tagged VLAN of the boot NIC in its place, which the initramfs makes; absent: it makes none. */
  readonly vlan?: BootVlan;
}

export interface BootVlan {
  /** @param id 1 to 4094 @throws Failure of kind `recipe` where the root lacks what it takes to make it */
  place(tree: RootTree, id: number): Promise<void>;
  /** Of an imported root that had one. */
  remove(tree: RootTree): Promise<void>;
  /** Its id; undefined: the root has none. */
  find(tree: RootTree): Promise<number | undefined>;
}

export interface InitramfsWishes {
  readonly compression: 'zstd' | 'gzip' | 'xz' | 'lz4';
  /** Undefined: the generator's own. */
  readonly level: number | undefined;
  /** File system of the root. */
  readonly rootFilesystem: string;
  /** More kernel modules to put in and to load, with options if need be. */
  readonly modules: readonly string[];
  /** Whether the root that it hands over is an overlay of what was mounted and a tmpfs (stages/initramfs/overlay.ts). */
  readonly overlay: boolean;
}

export interface InitramfsGenerator {
  /** Whether a system with its initramfs was seen to boot from a root on Btrfs; absent: none was. */
  mountsBtrfs?(tree: RootTree): Promise<boolean>;
  /** Its initramfs gives the booted system the name and the files of its client (client-part.ts). */
  readonly takesClientFiles?: true;
  /** From where it takes what it puts into an initramfs. */
  readonly sources: readonly string[];
  /** What of a root neither it nor any of its hooks there reads or writes: absolute paths, none where that is not known. */
  unread(tree: RootTree): Promise<readonly string[]>;
  /** Versions of the kernels that have an image and modules, oldest first. */
  kernels(tree: RootTree): Promise<string[]>;
  configure(tree: RootTree, wishes: InitramfsWishes): Promise<void>;
  /** Generates the initramfs of a kernel and returns its path. */
  generate(ctx: TopicContext, tree: RootTree, version: string): Promise<string>;
  /** What it lacks of all that a root on iSCSI needs, as phrases. */
  missing(ctx: TopicContext, tree: RootTree, version: string): Promise<string[]>;
  /** What keeps something out of it though all is installed, and what to do about that, in sentences; undefined: nothing that is known. */
  obstacle?(tree: RootTree): Promise<string | undefined>;
  /**
   * Makes the kernel and its initramfs those that the boot loader finds.
   * @param ownBoot whether /boot is a file system of its own
   */
  choose(ctx: TopicContext, tree: RootTree, version: string, ownBoot: boolean): Promise<void>;
}

export interface BootPair {
  readonly kernel: string;
  readonly initramfs: string;
}

export interface KernelFiles {
  /** What a boot loader on the LUN loads: names that stay when a client upgrades its kernel. */
  readonly boot: BootPair;
  /** The kernel before an upgrade, if the distribution keeps one. */
  readonly previous?: BootPair;
  /** The same names where /boot is a file system of its own, which a boot loader does not leave. Default: as they are. */
  readonly ownBoot?: { readonly boot: BootPair; readonly previous?: BootPair };
  /** Who makes these names, for messages: `as Debian's kernel packages link it`. */
  readonly expected: string;
  /** The host's paths of what the tree boots with. @throws Failure of kind `recipe` when it lacks one of them */
  find(tree: RootTree): Promise<BootPair>;
  /** Absent: the distribution has nothing for a Raspberry Pi. */
  readonly raspberryPi?: RaspberryPiFiles;
}

/** What a Raspberry Pi loads besides kernel and initramfs. */
export interface RaspberryPiFiles {
  /** The package with bootcode.bin, start*.elf and fixup*.dat, and the folder where it has them. */
  readonly firmware: { readonly package: string; readonly folder: string };
  /** Folders of which one holds the device trees of a kernel. */
  deviceTrees(version: string): readonly string[];
  /**
   * Settings of config.txt without which a kernel does not start, or not with its device trees.
   * @param deviceTrees names of their files
   */
  settings(deviceTrees: readonly string[]): Readonly<Record<string, string>>;
  /** Packages that bring a kernel or the firmware, some of which are installed. */
  heldPackages(version: string): readonly string[];
  /** Scripts by which packages would fill the folder anew in the booted system. */
  readonly hooks: readonly string[];
}

export interface Traces {
  /** Removed as they are. */
  readonly removed: readonly string[];
  /** Directories that are emptied. */
  readonly emptied: readonly string[];
  /** Directories below those that stay, empty. */
  readonly kept: readonly string[];
}

/** What the gate and `explain` need to know of its console; the serial port is the platform's. */
export type ConsoleSigns = Omit<ConsoleFacts, 'device'>;

export interface Console {
  /** What a boot of this root shows. */
  signs(tree: RootTree): Promise<ConsoleSigns>;
}
