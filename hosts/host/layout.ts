/**
 * What lies where on a target host.
 *
 * ```
 * <root>/
 *   lock                           flock(2) of a command that changes something
 *   publishing                     flock(2) of a command that sends a release; nothing that clients see changes meanwhile
 *   releases/<digest>/             as on the build host: manifest.json, its artifacts, proofs/; never changed
 *   reserve                        room for what frees room to be written down in when the disk is full: see apply/reserve.ts
 *   publications                   in which order they were published: see publish/publications.ts
 *   incoming/<digest>/             a release on its way, read by the next transfer alone
 *   indexes/<digest>/              what stands in each block of a release there, for a sender that has not got it
 *   clients/<client>/<image>/<generation>.img      LUNs, where they are files
 *   secrets/<client>               CHAP secret, mode 0600
 *   ipxe/<version>/                iPXE's binaries, from the distribution's package
 *   states/<serial>/state.json     channels and clients: see host-state.ts
 *   states/<serial>/secrets/       those that the change brings, until the switch is done: then they are in secrets/
 *   states/<serial>/{offered,converged,cleaned}    marks of how far the change came: see apply/
 *   states/<serial>/http/          what the HTTP server shows; names releases by digest only
 *   current -> states/<serial>     switched by one rename: the one moment at which anything changes for a client
 *   http -> current/http           the HTTP server's document root
 *   tftp/                          the TFTP server's root; names no release, so that no switch concerns it
 *   conf/                          files for the iSCSI target and the DHCP server; name no release but for the target's
 * ```
 */
import { posix } from 'node:path';
import type { HostFacts } from '../site/facts.js';

export interface HostLayout {
  readonly root: string;
  readonly lock: string;
  readonly publishing: string;
  readonly reserve: string;
  readonly publications: string;
  readonly releases: string;
  readonly incoming: string;
  readonly clients: string;
  readonly secrets: string;
  readonly ipxe: string;
  readonly states: string;
  readonly current: string;
  readonly http: string;
  readonly tftp: string;
  readonly conf: string;
  release(digest: string): string;
  state(serial: number): string;
  secret(client: string): string;
}

export function hostLayout({ root }: Pick<HostFacts, 'root'>): HostLayout {
  const at = (...names: string[]) => posix.join(root, ...names);
  return {
    root,
    lock: at('lock'),
    publishing: at('publishing'),
    reserve: at('reserve'),
    publications: at('publications'),
    releases: at('releases'),
    incoming: at('incoming'),
    clients: at('clients'),
    secrets: at('secrets'),
    ipxe: at('ipxe'),
    states: at('states'),
    current: at('current'),
    http: at('http'),
    tftp: at('tftp'),
    conf: at('conf'),
    release: (digest) => at('releases', digest),
    state: (serial) => at('states', String(serial)),
    secret: (client) => at('secrets', client),
  };
}
