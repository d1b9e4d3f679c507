/** What belongs to the one client of a cell: its iPXE script and, for a direct boot, its small cpio. Both hold its secret. */
import { posix } from 'node:path';
import { clientScript, sanUri } from '../artifacts/formats/ipxe.js';
import { initiatorCpio } from '../artifacts/formats/open-iscsi.js';
import { PC } from '../artifacts/platform/pc.js';
import type { Cell } from '../artifacts/platform/platform.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { bootArtifact } from '../artifacts/release/roles.js';
import { Failure } from '../base/failure.js';
import type { GateIdentity } from './identity.js';
import type { GateNetwork } from './network.js';
import type { GateRequest } from './request.js';

export const ISCSI_PORT = 3260;
export const HTTP_PORT = 80;
/** tgtd's LUN 0 is its controller. */
export const LUN = 1;
/** Paths on the gate's HTTP server. */
export const CLIENT_CPIO = '/client/initrd.cpio';

const TRIES = 2;

/**
 * The script that iPXE is handed: the client's settings, then the script of the release itself.
 * @throws Failure of kind `usage` when the release does not offer the cell's boot method
 */
export function gateScript(
  { cell, manifest }: Pick<GateRequest, 'cell' | 'manifest'>,
  identity: GateIdentity,
  network: GateNetwork,
): string {
  const { server } = network;
  const http = `http://${server}`;
  const tries = { 'boot-tries': String(TRIES) };
  const next = `${http}/${releaseScript(manifest, cell)}`;
  if (cell.path === 'direct') {
    return clientScript({
      settings: { 'client-initrd': `${http}${CLIENT_CPIO}`, ...tries },
      next,
    });
  }
  const uri = sanUri({ server, port: ISCSI_PORT, lun: LUN, target: identity.target });
  return clientScript({
    settings: {
      'san-uri': uri,
      'initiator-iqn': identity.initiator,
      username: identity.chapUser,
      password: identity.offeredSecret,
      ...tries,
    },
    next,
    ...undionly(cell, network),
  });
}

function releaseScript(manifest: Manifest, { path }: Cell): string {
  const script = bootArtifact(manifest, path, 'ipxe-script');
  if (script !== undefined) return script;
  throw new Failure('usage', {
    what: `This release cannot be booted by ${path}.`,
    expected: manifest.boot.map(({ method }) => method).join(' or ') || 'a release with a boot method',
    found: path,
  });
}

/**
 * The card's own ROM is an iPXE too. For a direct boot it stays; for the LUN it plays the plain PXE ROM, and the iPXE
 * that Debian ships for such ROMs takes over, so that both kinds of client are proven.
 */
function undionly(cell: Cell, { kind, server }: GateNetwork): { readonly undionly?: string } {
  if (cell.firmware !== 'bios' || kind !== 'tap') return {};
  return { undionly: `tftp://${server}/${posix.basename(PC.firmware.bios.program.path)}` };
}

/** The archive that open-iscsi's initramfs script finds its settings in. */
export function clientCpio(identity: GateIdentity, server: string): Buffer {
  return initiatorCpio({
    initiator: identity.initiator,
    target: identity.target,
    server,
    port: ISCSI_PORT,
    user: identity.chapUser,
    secret: identity.offeredSecret,
  });
}
