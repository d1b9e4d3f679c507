/** What each kind of iSCSI target can do, with the same verbs for all. */
import type { Ports } from '../../base/ports.js';
import type { TargetHost } from '../host/host.js';
import type { Portals } from '../site/portal.js';

export interface OfferedDisk {
  /** Absolute path on the host, of a file or a block device. */
  readonly disk: string;
  /** `file` or a block device. */
  readonly backing: 'file' | 'block';
  /** Size of the disk. */
  readonly bytes: number;
  /** SCSI serial number, 16 hexadecimal digits. */
  readonly serial: string;
  /** Nobody can write to it, and other targets may offer it too. */
  readonly readOnly?: true | undefined;
}

/** A target that offers its disk, or two, to one client. */
export interface OfferedLun extends OfferedDisk {
  /** IQN of the target. */
  readonly target: string;
  /** A second disk, which has the next number. */
  readonly beside?: OfferedDisk;
  /** IQN of the one client that may log in. */
  readonly initiator: string;
  readonly chap: { readonly user: string; readonly secret: string };
}

export interface IscsiSession {
  /** IQN of the target. */
  readonly target: string;
  /** IQN of the client. */
  readonly initiator: string;
  /** Those that its connections come from; absent where the target does not tell of all sessions (LIO: of the last of each client). */
  readonly addresses?: readonly string[];
}

/** A target as it is offered now, ours or foreign. */
export interface ShownTarget {
  readonly target: string;
  /** Without a controller that is no disk. */
  readonly luns: readonly { readonly number: number; readonly disk: string }[];
  /** Names and addresses that may log in; undefined where the target does not tell. */
  readonly initiators?: readonly string[];
  /** Users of CHAP; undefined where the target does not tell. None: no authentication. */
  readonly accounts?: readonly string[];
}

/** A file of the target's configuration; it may hold secrets, and is 0600. */
export interface TargetFile {
  /** Name in `<root>/conf`. */
  readonly name: string;
  readonly text: string;
}

export interface TargetAdapter {
  /** The number under which clients see the disk; a second one has the next. */
  readonly lun: number;
  /** Programs that the host needs for it. */
  readonly tools: readonly string[];
  /** Names of those that `render` gives. */
  readonly files: readonly string[];
  /** What an administrator has to do on the host before new LUNs are offered; absent: nothing, `apply` offers them. */
  readonly byHand?: string;
  /** Commands on the host that show why a login to a target fails. */
  look(target: string): readonly string[];
  /** Pure: the files from which the target starts by itself, with everything that is offered. */
  render(offered: readonly OfferedLun[], portals: Portals): readonly TargetFile[];
  /** Changes nothing. @throws Failure as {@link apply} does before it changes anything */
  check(host: TargetHost, offered: readonly OfferedLun[], portals: Portals, ports: Ports): Promise<void>;
  /**
   * Offers the LUNs that are not offered yet, and leaves all others and all sessions alone. Doing it twice is as doing it once.
   * Afterwards logins need the secrets given, as far as the target can learn them while it runs. To be called before the
   * rendered files are replaced: they tell which secrets it has.
   * @throws Failure of kind `usage` when a foreign target has that name; then nothing was changed
   */
  apply(
    host: TargetHost,
    offered: readonly OfferedLun[],
    portals: Portals,
    ports: Ports,
    options?: OfferOptions,
  ): Promise<void>;
  /** What is offered now. */
  show(host: TargetHost, ports: Ports): Promise<readonly ShownTarget[]>;
  /** Who is logged in. */
  sessions(host: TargetHost, ports: Ports): Promise<readonly IscsiSession[]>;
  /**
   * Takes targets away; those that are not there are no error.
   * @throws Failure of kind `usage` when one has a session; then nothing was changed
   */
  remove(host: TargetHost, targets: readonly string[], ports: Ports): Promise<void>;
}

export interface OfferOptions {
  /**
   * Whether the rendered files that lie on the host are what was offered last. When a change was cut off they may not be, and no
   * secret is believed to be the one that they tell. Default true.
   */
  readonly filesTell?: boolean;
  /**
   * Whether portals of these targets that are not asked for go: clients know of none of them any more. Sessions by them stay. Default
   * false. A target whose portals are those of its daemon has no others.
   */
  readonly onlyPortals?: boolean;
}
