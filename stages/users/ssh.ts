/** Public keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT) and sshd_config(5). */
import { Failure } from '../../base/failure.js';

const KEY =
  /(?:^|\s)(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA[A-Za-z0-9+/]+=*(?:\s|$)/;

/** A public key, with or without options before it, or the name of a file of such keys. */
export const KEY_OR_FILE = new RegExp(`^file:.|${KEY.source}`);

/** Key lines of a text without blank lines and comments. @throws Failure of kind `recipe` for anything else. */
export function parseKeys(text: string, from: string): string[] {
  if (text.includes('PRIVATE KEY')) {
    throw new Failure('recipe', {
      what: `${from} holds a private key.`,
      expected: 'public keys, one a line',
      hint: 'Name the file that ends in .pub. A private key that was put into a recipe must be replaced.',
    });
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = lines.findIndex((line) => !KEY.test(line));
  if (wrong !== -1 || lines.length === 0) {
    throw new Failure('recipe', {
      what:
        lines.length === 0 ? `${from} holds no key.` : `Line ${wrong + 1} of ${from} is no public SSH key.`,
      expected: 'lines such as `ssh-ed25519 AAAA… name@host`',
    });
  }
  return lines;
}

export interface SshdWishes {
  readonly permitRootLogin: 'no' | 'prohibit-password' | 'yes';
  readonly passwordAuthentication: boolean;
}

/** A drop-in that is read before sshd's own configuration: the first value of a keyword stands. */
export function sshdText({ permitRootLogin, passwordAuthentication }: SshdWishes): string {
  const password = passwordAuthentication ? 'yes' : 'no';
  return [
    `PermitRootLogin ${permitRootLogin}`,
    `PasswordAuthentication ${password}`,
    `KbdInteractiveAuthentication ${password}`,
    'PermitEmptyPasswords no',
    '',
  ].join('\n');
}
