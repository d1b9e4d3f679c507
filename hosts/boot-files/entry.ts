/** The scripts that every machine runs first, before it is known which client it is. */
import { ipxeScript, uriWord } from '../../artifacts/formats/ipxe.js';

/** Seconds between two attempts. */
const WAIT_SECONDS = 5;
/** Attempts after which a machine that no client is goes on to its next boot device: a minute. */
const UNKNOWN_TRIES = 12;
/** A setting that tells the scripts which chained to the one that makes it that there is nothing to retry. */
export const OVER = 'boot-over';
/** A setting that tells what was chosen from a PXELINUX menu. */
export const CHOSEN = 'boot-image';

/**
 * `http/boot.ipxe`. A client's script that comes back, after whatever failed in it, is fetched anew: by then it may name
 * another release. Only a machine that is no client leaves the loop.
 * @param url base URL of the HTTP server
 */
export function entryScript(url: string): string {
  const at = (path: string) => uriWord(`${url}/${path}`);
  return ipxeScript([
    '# Where every machine starts: finds its script by MAC address, serial number or UUID. A machine that is no client goes',
    '# on to its next boot device after a minute. While the server does not answer, it is asked again, until Ctrl-C.',
    ':known',
    'set unknown-try:int32 0',
    ':start',
    'imgfree',
    `chain --autofree ${at('clients/by-mac/')}\${netX/mac:hexhyp}.ipxe && goto wait ||`,
    `isset \${serial} && chain --autofree ${at('clients/by-serial/')}\${serial:uristring}.ipxe && goto wait ||`,
    `isset \${uuid} && chain --autofree ${at('clients/by-uuid/')}\${uuid}.ipxe && goto wait ||`,
    `chain --autofree ${at('unknown.ipxe')} && goto unknown ||`,
    `echo ${url} does not answer, next attempt in ${WAIT_SECONDS} seconds`,
    ':wait',
    `isset \${${OVER}} && goto over ||`,
    ...pause(),
    'goto known',
    ':unknown',
    'inc unknown-try',
    ...pause(),
    `iseq \${unknown-try:int32} ${UNKNOWN_TRIES} || goto start`,
    ':leave',
    `set ${OVER} 1`,
    ':over',
    'echo Going on to the next boot device',
    ...leave(),
  ]);
}

/**
 * `http/unknown.ipxe`: that it can be had tells an unknown machine from a server that is down. iPXE's echo makes one space of
 * many, and the screen has 80 columns.
 */
export function unknownScript(host: string): string {
  return ipxeScript([
    'echo',
    `echo This machine is no client of ${host}.`,
    'echo To make it one, name it in lunsmith.yaml by one of these:',
    'echo mac: ${netX/mac}',
    'echo serial: ${serial}',
    'echo uuid: ${uuid}',
    'echo and run: lunsmith client add NAME',
    'echo',
  ]);
}

interface Lead {
  /** What the client shall boot, whatever its own script would choose. */
  readonly image?: string | undefined;
  /** Where it leads, below the URL. Default: to what finds out which client a machine is. */
  readonly script?: string;
}

/**
 * A script over TFTP, or on a stick, that leads to one of the HTTP server. Nothing else retries: an iPXE that is handed an URL which does
 * not answer gives up.
 */
export function leadScript(url: string, { image, script = 'boot.ipxe' }: Lead = {}): string {
  return ipxeScript([
    '# Leads to the HTTP server, and asks again until it answers.',
    ...(image === undefined ? [] : [`set ${CHOSEN} ${image}`]),
    ':start',
    '# From ipxe.lkrn nothing has set up the network yet.',
    'isset ${netX/ip} || dhcp || goto wait',
    `chain --autofree ${uriWord(`${url}/${script}`)} ||`,
    `isset \${${OVER}} && goto over ||`,
    ':wait',
    `echo ${url} does not answer, next attempt in ${WAIT_SECONDS} seconds`,
    ...pause(),
    'goto start',
    ':leave',
    ':over',
    ...leave(),
  ]);
}

/** A loop can be left without switching the machine off: Ctrl-C ends iPXE's sleep with an error (ipxe.org/cmd/sleep). */
function pause(): string[] {
  return ['echo Ctrl-C goes on to the next boot device', `sleep ${WAIT_SECONDS} || goto leave`];
}

/** A UEFI goes on to its next boot option only after an error (UEFI specification, 3.1.1). */
function leave(): string[] {
  return ['iseq ${platform} efi && exit 1 ||', 'exit 0'];
}
