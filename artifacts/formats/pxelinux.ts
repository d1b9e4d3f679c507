/**
 * PXELINUX menus (syslinux.org, SYSLINUX and PXELINUX): plain text at the boot prompt, without a menu module, so that
 * `pxelinux.0` and `ldlinux.c32` are all that it takes.
 */
import { Failure } from '../../base/failure.js';

export interface PxelinuxEntry {
  /** What is typed to choose it: one word. */
  readonly label: string;
  /** One line that tells what it is. */
  readonly text: string;
  /** An image below the TFTP root and what it is handed; absent: the next boot device of the firmware. */
  readonly load?: { readonly kernel: string; readonly initrd: string };
}

export interface PxelinuxMenu {
  /** One line above the entries. */
  readonly title: string;
  /** The first is the default. */
  readonly entries: readonly [PxelinuxEntry, ...PxelinuxEntry[]];
  /** Until it does. */
  readonly seconds: number;
}

/** TIMEOUT counts tenths of a second, up to 35996. */
const MOST_SECONDS = 3599;

/**
 * The text of a menu. There is no `IPAPPEND`: it adds `BOOTIF=…` to the command line, which ipxe.lkrn takes for a command of
 * its own and runs instead of the script that it was handed as initrd.
 * @throws Failure of kind `usage` for what PXELINUX would take for something else
 */
export function pxelinuxMenu({ title, entries, seconds }: PxelinuxMenu): string {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MOST_SECONDS) {
    throw unfit(`a whole number of seconds from 1 to ${MOST_SECONDS}`, String(seconds));
  }
  return [
    `DEFAULT ${word(entries[0].label)}`,
    'PROMPT 1',
    `TIMEOUT ${seconds * 10}`,
    `SAY ${line(title)}`,
    ...entries.map(({ label, text }) => `SAY   ${word(label)}: ${line(text)}`),
    ...entries.flatMap(({ label, load }) => ['', `LABEL ${label}`, ...action(load)]),
    '',
  ].join('\n');
}

function action(load: PxelinuxEntry['load']): string[] {
  if (load === undefined) return ['  LOCALBOOT -1'];
  return [`  KERNEL ${word(load.kernel)}`, `  INITRD ${word(load.initrd)}`];
}

/** The file that PXELINUX looks for first but for the UUID's: hardware type 1 (Ethernet) and the MAC. */
export function pxelinuxMacName(mac: string): string {
  return `01-${mac.toLowerCase().replaceAll(':', '-')}`;
}

/** The file that PXELINUX looks for next: the client's IPv4 address, upper-case hexadecimal. */
export function pxelinuxAddressName(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

/** INITRD splits at commas; a leading dash or colon has a meaning in file names. */
function word(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(text)) return text;
  throw unfit('a word of letters, digits, dots, dashes, underscores and slashes', JSON.stringify(text));
}

function line(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  throw unfit('one line of ASCII', JSON.stringify(text));
}

function unfit(expected: string, found: string): Failure {
  return new Failure('usage', { what: 'This cannot stand in a menu of PXELINUX.', expected, found });
}
