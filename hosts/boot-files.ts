/**
 * What a client is handed on its way up, from the state of its target host: scripts over HTTP, a first script and PXELINUX
 * menus over TFTP, and the configuration of the DHCP server. All of it is a pure function of its input.
 *
 * ```
 * http/boot.ipxe                                    finds the script of a machine; retries
 * http/snponly.efi  ->                              ../tftp/snponly.efi, for a UEFI that boots by HTTP
 * http/unknown.ipxe                                 what a machine shows that no client is
 * http/clients/by-{mac,serial,uuid}/<id>.ipxe  ->   ../<client>/boot.ipxe
 * http/clients/<client>/boot.ipxe                   settings of its current generations, then the script of a release
 * http/clients/<client>/account.ipxe                its CHAP account (secret)
 * http/clients/<client>/<image>-<generation>.cpio   settings for its initramfs, with the account (secret)
 * http/releases/<digest>/<path>                     -> the release's kernel, initramfs, command lines and scripts
 * tftp/boot.ipxe                                    leads to http/boot.ipxe; retries
 * tftp/clients/<client>/<image>.ipxe                the same, for one image (several images only)
 * tftp/pxelinux.cfg/{01-<mac>,<address>,default}    menus that load ipxe.lkrn with one of these scripts
 * http/pi/, tftp/<folder>, tftp/bootcode.bin         what Raspberry Pis load: see boot-files/raspberry-pi.ts
 * conf/{dnsmasq,dhcpd}.conf                         for a DHCP server of our own, whichever kind the host has
 * conf/{dnsmasq,dhcpd}.include                      for one that serves others too, where it gives addresses
 * conf/nginx.include                                who is answered with which account, where the site wants that
 * ```
 */

import type { BootBinaries } from '../artifacts/formats/ipxe-binaries.js';
import { Failure } from '../base/failure.js';
import type { BootFile, BootFilesInput, ClientAccount, HostFilesInput } from './boot-files/boot-file.js';
import { clientFiles } from './boot-files/client.js';
import { dhcpFiles, HTTP_PROGRAM } from './boot-files/dhcp.js';
import { entryScript, unknownScript } from './boot-files/entry.js';
import { identityFiles } from './boot-files/identity.js';
import { nginxFiles } from './boot-files/nginx.js';
import { piFiles, piLinks } from './boot-files/raspberry-pi.js';
import { releaseFiles } from './boot-files/releases.js';
import { menuFiles } from './boot-files/tftp.js';
import type { HostState } from './host/state.js';
import { isRaspberryPi } from './site/facts.js';

/** From `<root>/states/<serial>/http/`. */
const TO_TFTP = '../../../tftp';

/**
 * What the HTTP server shows, sorted by path.
 * @throws Failure of kind `usage` for what a script, an archive or a file name cannot hold, for two clients that are the same
 *   machine, and for a client without an account
 */
export function httpFiles(input: BootFilesInput): readonly BootFile[] {
  const { host, state, manifests, lun, secrets } = input;
  const { url } = host.http;
  const machines = withoutPis(state);
  return sorted([
    { path: 'boot.ipxe', content: { text: entryScript(url) }, secret: false },
    { path: HTTP_PROGRAM, content: { link: `${TO_TFTP}/${HTTP_PROGRAM}` }, secret: false },
    { path: 'unknown.ipxe', content: { text: unknownScript(host.name) }, secret: false },
    ...identityFiles(machines),
    ...Object.entries(machines.clients).flatMap(([name, client]) =>
      clientFiles({ host, manifests, lun, client, account: accountOf(name, secrets) }),
    ),
    ...piFiles(input, (name) => accountOf(name, secrets)),
    ...releaseFiles(state, manifests),
  ]);
}

/**
 * What the TFTP server shows, sorted by path. Nothing in it is secret, and nothing names a release, so that no promotion
 * touches it.
 * @param binaries of {@link ipxeBinaries}
 * @throws Failure of kind `usage` for what a script or a menu cannot hold
 */
export function tftpFiles(input: HostFilesInput, binaries?: BootBinaries): readonly BootFile[] {
  return sorted([
    ...menuFiles(input.host, withoutPis(input.state)),
    ...piLinks(input.state),
    ...(binaries?.files ?? []).map(({ name, bytes }) => ({ path: name, content: { bytes }, secret: false })),
  ]);
}

/**
 * The configuration of the host's DHCP server, none where the host has none of ours; and what its HTTP server includes.
 * @throws Failure of kind `usage` for what it cannot hold
 */
export function confFiles({ host, state }: HostFilesInput): readonly BootFile[] {
  return [...dhcpFiles(host, state), ...nginxFiles(host, state)];
}

/** Those that run scripts of iPXE. */
function withoutPis(state: HostState): HostState {
  const others = Object.entries(state.clients).filter(([, { facts }]) => !isRaspberryPi(facts));
  return { ...state, clients: Object.fromEntries(others) };
}

function accountOf(client: string, secrets: BootFilesInput['secrets']): ClientAccount {
  const account = secrets.get(client);
  if (account !== undefined) return account;
  throw new Failure('usage', {
    what: `The client ${client} has no CHAP account on its target host.`,
    hint: `Run: lunsmith client rotate ${client}`,
  });
}

function sorted(files: readonly BootFile[]): readonly BootFile[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
}
