/** A target host as its users here see it: a place to run tools and to keep files, local or remote. */
import type { Ports } from '../../base/ports.js';
import type { HostFacts } from '../site/facts.js';

/**
 * All paths are those of the host. There may be nothing on it but POSIX sh, coreutils, flock(1), and the tools of its
 * target, file systems and volumes; and to send a release to, perl, and busybox may stand in the place of coreutils.
 */
export interface TargetHost extends AsyncDisposable {
  readonly facts: HostFacts;
  /** Whom we are there; absent where nobody asked. */
  readonly account?: HostAccount;
  /**
   * As the port of this machine, on the host. Over ssh each argument arrives as it is; `env` and `cwd` are not supported;
   * secrets go to `input`.
   * @throws Failure as the port; of kind `network` when the host cannot be reached, or no longer
   */
  readonly run: Ports['run'];
  /** Starts a tool on the host that ends with us, or with the connection. Its input is closed at its end only. */
  readonly start: Ports['start'];
  /**
   * Writes a file under its name only when it is whole and on the disk: a temporary name beside it, fsync, rename.
   * @param options mode: permission bits; group: name of the group it shall belong to
   */
  write(path: string, content: string | Uint8Array, options: WriteOptions): Promise<void>;
  /** The text of a file; undefined when it is not there. */
  read(path: string): Promise<string | undefined>;
  /** Path on this machine of a Unix socket that is the host's at `path`. */
  socket(path: string): Promise<ForwardedSocket>;
}

/** Of the user that our tools run as on a host. */
export interface HostAccount {
  readonly user: string;
  readonly uid: number;
  /** Whether it may write at `at`. */
  readonly mayWrite: boolean;
  /** The root of everything, or the nearest folder above it that is there. */
  readonly at: string;
}

export interface WriteOptions {
  readonly mode: number;
  readonly group?: string;
}

export interface ForwardedSocket extends AsyncDisposable {
  readonly path: string;
}
