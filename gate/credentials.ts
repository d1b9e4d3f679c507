/**
 * How the gate gets an account on a system that has none for it: systemd takes credentials from SMBIOS strings
 * (systemd.system-credentials(7), from version 252 on), and systemd-tmpfiles adds lines from one of them to files. The
 * image holds nothing of it.
 */
import type { Ports } from '../base/ports.js';

export interface GateAccount {
  readonly name: string;
  readonly password: string;
}

/**
 * The string for SMBIOS table 11 that makes an account with user id 0.
 * @param hash a crypt(5) hash @param more lines of tmpfiles.d(5)
 */
export function accountCredential(name: string, hash: string, more: readonly string[] = []): string {
  const lines = [
    appendLine('/etc/passwd', `${name}:x:0:0::/root:/bin/sh`),
    appendLine('/etc/shadow', `${name}:${hash}:1::::::`),
    ...more,
  ];
  const text = lines.map((line) => `${line}\n`).join('');
  return `io.systemd.credential.binary:${CREDENTIAL}=${Buffer.from(text).toString('base64')}`;
}

/**
 * Lines that let root in by this key, besides those that the system lets in.
 * @param key a line of an authorized_keys file (sshd(8))
 */
export function keyLines(key: string): string[] {
  const folder = '/root/.ssh';
  const file = `${folder}/authorized_keys`;
  return [`d ${folder} 0700 root root -`, `f ${file} 0600 root root -`, appendLine(file, key)];
}

/**
 * The kernel parameter that makes the same account where a machine has no SMBIOS (systemd(1), `systemd.set_credential=`). It has room for
 * one line; systemd 252 takes none in Base64. Backslashes and what is within quotes stay as they are. Everybody on the machine can read
 * it: it holds the hash of a password that is made for one run.
 * @param hash a crypt(5) hash
 */
export function accountParameter(name: string, hash: string): string {
  return `"systemd.set_credential=${CREDENTIAL}:${appendLine('/etc/passwd', `${name}:${hash}:0:0::/root:/bin/sh`)}"`;
}

const CREDENTIAL = 'tmpfiles.extra';

/** A line of tmpfiles.d(5) that appends to a file that exists; `\` and `%` are its own. */
function appendLine(file: string, text: string): string {
  return `w+ ${file} - - - - ${text.replaceAll('\\', '\\\\').replaceAll('%', '%%')}\\n`;
}

/** A SHA-512 crypt hash; the password goes through a pipe. */
export async function hashPassword(password: string, ports: Ports): Promise<string> {
  const { stdout } = await ports.run(['openssl', 'passwd', '-6', '-stdin'], {
    doing: 'hash the console’s password',
    input: `${password}\n`,
    quiet: true,
  });
  return stdout.trim();
}
