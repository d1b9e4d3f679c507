/** Another image builder: how it is configured for the same packages and one file, and run as well as it can be. */
import type { Argv } from '../../base/ports.js';

/** What the image holds, and where from. */
export interface Subject {
  readonly suite: string;
  /** Base URL of an apt mirror that is trusted without a signature. */
  readonly mirror: string;
  readonly packages: readonly string[];
}

export interface Peer {
  /** Name of its Debian package. */
  readonly name: string;
  /** Further Debian packages that it needs. */
  readonly needs: readonly string[];
  /** Why it cannot run on this host, if that can be told beforehand. */
  obstacle?(): Promise<string | undefined>;
  /** Texts of its configuration by path; `changing` is not among them. */
  configuration(subject: Subject): Readonly<Record<string, string>>;
  /** The file of its configuration that becomes /srv/last in the image. */
  readonly changing: string;
  /** Commands of a build from nothing, run in the folder of the configuration. */
  readonly cold: readonly Argv[];
  /** Commands of a build after that file changed: by whatever cache the builder has. */
  readonly again: readonly Argv[];
  /** The disk image that it writes, and where in it the root file system begins, bytes. */
  readonly image: string;
  readonly offset: number;
}

/** Size of all images, bytes. */
export const IMAGE_BYTES = 3 * 1024 ** 3;
