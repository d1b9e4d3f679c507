/** A file that clients are handed, and what it is rendered from. */
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';

export interface BootFile {
  /** Relative to `http/`, `tftp/` or `conf/`. */
  readonly path: string;
  readonly content:
    | { readonly text: string }
    | { readonly bytes: Uint8Array }
    /** Target of a symbolic link, relative to the folder that the link is in. */
    | { readonly link: string };
  /** To be readable by the process that serves it alone. */
  readonly secret: boolean;
  /** Served by TFTP and not by HTTP. Default: by HTTP. */
  readonly tftp?: boolean;
}

export interface ClientAccount {
  readonly user: string;
  readonly secret: string;
  /** Contents of the client's files by path, base64: those of a secret are among them. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What `tftp/` and `conf/` are rendered from: nothing in them follows from a release. */
export type HostFilesInput = Omit<BootFilesInput, 'manifests'>;

export interface BootFilesInput {
  readonly host: HostFacts;
  readonly state: HostState;
  /** Of the releases that the state names, by digest; of one that is not on the host there is none. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Number of the LUN, as the host's target offers it. */
  readonly lun: number;
  /** By client. */
  readonly secrets: ReadonlyMap<string, ClientAccount>;
}
