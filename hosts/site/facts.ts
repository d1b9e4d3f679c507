/**
 * A site as plain data: its target hosts, channels and clients, after `lunsmith.yaml` was read and checked. Code that renders
 * or applies something is handed these and never the file.
 */

import type { BootMethod } from '../../artifacts/platform/platform.js';
import type { Argv } from '../../base/ports.js';

/** The iSCSI targets that there are adapters for; `none` is a storage array, which its administrator changes. */
export const TARGETS = ['lio', 'tgt', 'iet', 'none'] as const;

/** How a program on this machine reaches the target host. */
export type Transport =
  | { readonly kind: 'directory' }
  /** The system's ssh; its own configuration, agent and jump hosts apply. */
  | {
      readonly kind: 'ssh';
      readonly destination: string;
      readonly port?: number;
      /** Everything there is run by `sudo -n`. */
      readonly sudo?: true;
    };

/** How the LUN of a client comes to be from that of a release. */
export type CloneKind =
  /** A reflink where the file system has it, else a sparse copy with a warning. */
  | { readonly kind: 'file' }
  /** `group/pool` of LVM, thinly provisioned. */
  | { readonly kind: 'lvm'; readonly group: string; readonly pool: string }
  | { readonly kind: 'zfs'; readonly dataset: string };

export type DhcpKind =
  /** Answers beside the DHCP server that the network has; changes no address. */
  | { readonly kind: 'dnsmasq-proxy'; readonly interface: string; readonly network: string }
  | {
      readonly kind: 'dnsmasq';
      readonly interface: string;
      readonly range: {
        readonly first: string;
        readonly last: string;
        readonly netmask: string;
        readonly leaseSeconds: number;
      };
      readonly router?: string;
      readonly dns?: readonly string[];
    }
  | {
      readonly kind: 'isc-dhcpd';
      readonly subnet: string;
      readonly netmask: string;
      readonly range?: { readonly first: string; readonly last: string };
      readonly router?: string;
      readonly dns?: readonly string[];
    }
  | { readonly kind: 'none' };

export interface HostFacts {
  /** Its name in the site. */
  readonly name: string;
  readonly transport: Transport;
  /** Absolute path of the folder on the host; see layout.ts. */
  readonly root: string;
  /** The address at which clients reach it, IPv4. */
  readonly address: string;
  readonly target: {
    readonly kind: (typeof TARGETS)[number];
    /** What the names of its targets begin with: `iqn.2026-01.org.example:san1`. */
    readonly prefix: string;
    /** TCP port; 3260 is the registered one (RFC 7143). */
    readonly port: number;
    /** IPv4 addresses at which it is reached, one or more; absent: that of the host. An array has some. */
    readonly portals?: readonly string[];
    /** Number of the LUNs of the array. */
    readonly lun?: number;
  };
  readonly clone: CloneKind;
  /** Seconds for which LUNs that were deleted are kept; 0: they are removed at once. */
  readonly retention: number;
  readonly http: {
    /** Base URL under which `<root>/http` is served, without a slash at its end. */
    readonly url: string;
    /** Group that the HTTP server's process is in: files with secrets are readable by it alone. */
    readonly group?: string;
    /** Accounts are answered to the clients' own addresses alone. */
    readonly ownAddress?: true;
    /** The command that makes nginx read its file again; no shell reads it. */
    readonly reload?: Argv;
  };
  readonly tftp?: {
    /** Group that the TFTP server's process is in: what Raspberry Pis load with a secret in it is readable by it and nobody else. */
    readonly group?: string;
  };
  readonly dhcp: DhcpKind;
  /** The command that makes the DHCP server read its file again; no shell reads it. */
  readonly reload?: Argv;
  /** Cells of the boot matrix that a release must have passed: `bios-san`, … */
  readonly gate: readonly string[];
}

export interface StaticAddress {
  /** IPv4. */
  readonly address: string;
  readonly netmask: string;
  readonly gateway?: string;
  readonly dns?: string;
}

/** One of the systems that a client can boot. */
export interface ClientImage {
  /** Unique in its client. */
  readonly name: string;
  /** Absent: it follows none, and there is no installer beside its LUN, which is `blank`. */
  readonly channel?: string;
  /** Bytes of the LUN, a multiple of 1 MiB; absent: as large as the release's image. */
  readonly bytes?: number;
  /** `san`: iPXE sanboot; `direct`: kernel and initramfs by iPXE; `tftp`: by the firmware of a Raspberry Pi. */
  readonly boot: BootMethod;
  /**
   * Its LUN begins with nothing on it, `bytes` long, and is the client's own whatever the channel does: that is the channel of an
   * installer, whose LUN stands beside it, where it has one.
   */
  readonly blank?: true;
  /** IQN that the array has for it; absent: it is made, a new one for each generation. */
  readonly target?: string;
}

/** A file that the system of a client has; of its contents one is there. */
export interface ClientFile {
  /** Absolute, in the booted system. */
  readonly path: string;
  /** `USER:GROUP`. */
  readonly owner: string;
  /** Four octal digits. */
  readonly mode: string;
  readonly content?: string;
  /** Path, relative to the folder of the site. */
  readonly source?: string;
  /** Reference: `env:NAME` or `file:PATH`. */
  readonly secret?: string;
}

export interface ClientFacts {
  /** Unique in the site; part of its targets' names. */
  readonly name: string;
  /** Name of its target host. */
  readonly host: string;
  /** Lower case with colons. */
  readonly mac?: string;
  /** SMBIOS serial number, as iPXE's `${serial}`. */
  readonly serial?: string;
  /** SMBIOS UUID, lower case. */
  readonly uuid?: string;
  /** Its IQN. */
  readonly initiator: string;
  /** User of CHAP. */
  readonly account: string;
  /** Reference to the secret: `env:NAME` or `file:PATH`. */
  readonly secret: string;
  /** iPXE asks who sits at the machine for user and secret: no boot file holds them. */
  readonly prompts?: true;
  /** Absent: by DHCP. */
  readonly address?: StaticAddress;
  /** The first is the default. More than one: a menu. */
  readonly images: readonly [ClientImage, ...ClientImage[]];
  /** Seconds that the menu waits. */
  readonly menuSeconds: number;
  /**
   * What a promotion does to it. `promote`: its next boot is a fresh clone of the new release, and the clone that it
   * had is kept for a rollback; `rebase`: nothing, until `client rebase`.
   */
  readonly follows: 'promote' | 'rebase';
  /** By its small archive; absent: none. */
  readonly files?: readonly ClientFile[];
}

/** Commands of the site that switch machines. */
export interface PowerFacts {
  readonly actions: Readonly<Record<string, Argv>>;
  /** References to the values, by the name of the variable. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Site {
  /** Absolute path of the folder of `lunsmith.yaml`; references to files start there. */
  readonly folder: string;
  readonly hosts: readonly HostFacts[];
  readonly channels: readonly string[];
  readonly clients: readonly ClientFacts[];
  /** Of all clients that can be handed some. */
  readonly files: readonly ClientFile[];
  /** Absent: the site says nothing of its machines' power. */
  readonly power?: PowerFacts;
}

/** Whether the client is a Raspberry Pi: one that loads its kernel by TFTP itself. */
export function isRaspberryPi({ images }: Pick<ClientFacts, 'images'>): boolean {
  return images.some(({ boot }) => boot === 'tftp');
}
