/** One link of a boot chain, as it is told. */

export interface Link {
  readonly name:
    | 'power-on'
    | 'tftp'
    | 'ipxe'
    | 'client'
    | 'settings'
    | 'san-login'
    | 'boot-loader'
    | 'kernel'
    | 'initramfs-login'
    | 'root-mount'
    | 'login';
  readonly title: string;
  /** What happens, sentence by sentence. */
  readonly says: readonly string[];
  /** Protocol, ports and content, in their order. */
  readonly packets: readonly string[];
  /** Absolute paths on the target host, or places in the client's system. */
  readonly files: readonly string[];
  /** What is set here. A secret has no value. */
  readonly settings: readonly { readonly name: string; readonly value?: string }[];
  /** What to look at when it goes no further. */
  readonly stops: readonly Stop[];
}

export interface Stop {
  /** What stands on the screen, or is missing there. */
  readonly shows: string;
  /** What may have caused it, the likeliest first. */
  readonly causes: readonly string[];
  /** Commands on the target host, unless they say otherwise, and files to look at. */
  readonly look: readonly string[];
}
