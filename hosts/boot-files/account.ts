/**
 * How iPXE comes by the CHAP account of a client: from a file that the HTTP server alone can read, or from who sits at the machine.
 * Called by what makes the client's script. Facts: ipxe.org/cmd/login; `username` and `password` are iPXE's own settings (ipxe.org/cfg).
 */
import { ipxeScript, setSetting, uriWord } from '../../artifacts/formats/ipxe.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import type { BootFile, ClientAccount } from './boot-file.js';
import { OVER } from './entry.js';

/** Seconds in which it can be read that an account was refused: the form clears the screen. */
const WAIT_SECONDS = 5;
/** The drive by which the target is asked, before anything is booted from it. */
const ASKED = '0x80';

/** A setting that tells that the target has taken what was typed. */
const KNOWN = 'account-known';

/** Nothing where nobody is to have the account but who knows it. */
export function accountFiles({ name, prompts }: ClientFacts, { user, secret }: ClientAccount): BootFile[] {
  if (prompts === true) return [];
  const text = ipxeScript([setSetting('username', user), setSetting('password', secret)]);
  return [{ path: `clients/${name}/account.ipxe`, content: { text }, secret: true }];
}

/**
 * Commands after which iPXE has the account. What a person has typed is tried at the target before anything is booted, so that a wrong
 * secret is told as one.
 * @param at `start`: what is to be booted, for labels of its own; `uri`: a LUN of it
 */
export function accountCommands(
  { http }: HostFacts,
  { name, account, initiator, prompts }: ClientFacts,
  { start, uri }: { readonly start: string; readonly uri: string },
): string[] {
  if (prompts !== true) {
    return [`chain --autofree ${uriWord(`${http.url}/clients/${name}/account.ipxe`)} || goto failed`];
  }
  return [
    // Who was let in is not asked again before the machine is switched off.
    `isset \${${KNOWN}} && goto known-${start} ||`,
    `:login-${start}`,
    setSetting('username', account),
    'clear password',
    'login || goto left',
    setSetting('initiator-iqn', initiator),
    ...hookCommands(ASKED, uri, `goto refused-${start}`),
    `set ${KNOWN} 1`,
    `goto known-${start}`,
    `:refused-${start}`,
    'clear password',
    'echo The target refuses this user and secret, or does not answer',
    'echo Ctrl-C, here or in the form, goes on to the next boot device',
    `sleep ${WAIT_SECONDS} || goto left`,
    `goto login-${start}`,
    `:known-${start}`,
    ...unhook(ASKED),
  ];
}

/**
 * Commands that have a LUN as a drive, and keep it when a boot from it ends. iPXE unhooks nothing that it is to keep, and a drive that an
 * attempt before has left is in the way of the next.
 * @param otherwise command
 */
export function hookCommands(drive: string, uri: string, otherwise: string): string[] {
  return [...unhook(drive), `sanhook --drive ${drive} ${uri} || ${otherwise}`, 'set keep-san 1'];
}

/** Commands after which no LUN is that drive. */
export function unhook(drive: string): string[] {
  return ['set keep-san 0', `sanunhook --drive ${drive} ||`];
}

/** Where who gives up the form is led: to the next boot device. */
export const LEFT: readonly string[] = [':left', `set ${OVER} 1`, 'exit 0'];
