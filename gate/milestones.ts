/** How far a boot came, read from the logs of the servers and the console. */

import type { BootMethod, Cell } from '../artifacts/platform/platform.js';
import { type ConsoleFacts, milestoneSign } from '../artifacts/release/console.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { MILESTONES, type Milestone } from '../base/event.js';

/** Milestones that a boot of each kind does not pass: no iPXE, no login by the firmware, no boot loader on the LUN. */
const LEFT_OUT: Readonly<Record<BootMethod, readonly Milestone[]>> = {
  san: [],
  direct: ['san-login', 'boot-loader', 'loader'],
  tftp: ['ipxe', 'san-login', 'boot-loader', 'loader'],
};

/** What a release boots: Linux to a login, or a boot loader of others, with which the boot is over. */
export type Starts = 'linux' | 'loader';

/** The milestones that a boot of this kind passes, in order. */
export function chainOf(cell: Pick<Cell, 'path'>, starts: Starts = 'linux'): readonly Milestone[] {
  const passed = MILESTONES.filter((milestone) => !LEFT_OUT[cell.path].includes(milestone));
  if (starts === 'linux') return passed.filter((milestone) => milestone !== 'loader');
  return passed.slice(0, passed.indexOf('loader') + 1);
}

export function startsOf({ loader }: Pick<Manifest, 'loader'>): Starts {
  return loader === undefined ? 'linux' : 'loader';
}

/** What each milestone means, for messages. */
export const MILESTONE_WORDS: Readonly<Record<Milestone, string>> = {
  'power-on': 'power-on',
  dhcp: 'an address by DHCP',
  tftp: 'a file by TFTP',
  ipxe: 'the release’s iPXE script',
  'san-login': 'iPXE’s login to the target',
  'boot-loader': 'the boot loader on the LUN',
  loader: 'the boot loader of the LUN’s own system',
  kernel: 'the kernel',
  'initramfs-login': 'the initramfs’ login to the target',
  'root-mount': 'the root file system',
  login: 'the login prompt',
};

/**
 * What firmware, iPXE, boot loaders and the kernel say; the system's own signs are in the manifest. A client may print several for one
 * milestone: with `quiet` the kernel's own lines are missing.
 */
const CONSOLE: readonly (readonly [RegExp, Milestone])[] = [
  [/^net\d+: \d+\.\d+\.\d+\.\d+\/|Station IP address is/, 'dhcp'],
  [/^tftp:\/\/\S+\.\.\. ok|NBP file downloaded successfully/, 'tftp'],
  [/^(?:SAN|Direct) boot, attempt /, 'ipxe'],
  [/^Registered SAN device/, 'san-login'],
  // A word that comes in two pieces may be taken for two lines; systemd welcomes too, with more behind it.
  [
    /^(?:GRUB loading|Welcome to (?:GRUB|G?R?U?$))|GNU GRUB +version|^(?:SYS|EXT)LINUX \d|^systemd-boot /,
    'boot-loader',
  ],
  [
    /EXT4-fs \(\S+\): mounted filesystem|BTRFS info \(device \S+\): using \S+ \(\S+\) checksum algorithm/,
    'root-mount',
  ],
];
/** Whatever the kernel says. */
const PRINTK = /^\[ *\d+\.\d{6}\] /;

export function milestoneOfConsole(line: string, signs: Pick<ConsoleFacts, 'signs'>): Milestone | undefined {
  const text = line.trimStart();
  const known = CONSOLE.find(([pattern]) => pattern.test(text))?.[1] ?? milestoneSign(text, signs);
  return known ?? (PRINTK.test(text) ? 'kernel' : undefined);
}

export function milestoneOfDnsmasq(line: string): Milestone | undefined {
  if (/dnsmasq-dhcp\[.*DHCPACK\(/.test(line)) return 'dhcp';
  return /dnsmasq-tftp\[.*: sent /.test(line) ? 'tftp' : undefined;
}

export interface ReachedMilestone {
  readonly boot: number;
  readonly milestone: Milestone;
  /** Since the boot began, to a tenth. */
  readonly seconds: number;
}

export interface Progress {
  /** From 1 on. */
  readonly boot: number;
  readonly reached: readonly ReachedMilestone[];
  /** A boot begins. */
  begin(): void;
  /** The client came this far; what lies behind it, or is not on its way, is not news. */
  reach(milestone: Milestone | undefined): void;
  /** Seconds since the boot began. */
  seconds(): number;
}

export function createProgress(
  chain: readonly Milestone[],
  onReached: (milestone: Milestone, boot: number) => void,
): Progress {
  const reached: ReachedMilestone[] = [];
  let [boot, place, zero] = [0, -1, 0];
  const seconds = () => Math.round((performance.now() - zero) / 100) / 10;
  const reach = (milestone: Milestone | undefined) => {
    const index = milestone === undefined ? -1 : chain.indexOf(milestone);
    if (milestone === undefined || index <= place || boot === 0) return;
    place = index;
    reached.push({ boot, milestone, seconds: seconds() });
    onReached(milestone, boot);
  };
  return {
    get boot() {
      return boot;
    },
    reached,
    seconds,
    reach,
    begin: () => {
      boot += 1;
      place = -1;
      zero = performance.now();
      reach('power-on');
    },
  };
}
