/**
 * What every distribution's initramfs finds of its client in a direct boot: `/etc/iscsi.initramfs`, a file that a shell sources,
 * and the initiator's name beside it. They are those of Debian's open-iscsi (README.Debian, debian/extra/initramfs.local-top);
 * the initramfs of another distribution reads them too.
 */
import { Failure } from '../../base/failure.js';
import { shellWord } from '../../base/shell-word.js';
import { type CpioEntry, writeCpio } from './cpio.js';

export interface InitiatorSettings {
  /** IQN of the client. */
  readonly initiator: string;
  /** IQN of the target. */
  readonly target: string;
  /** Address of its portal, IPv4. */
  readonly server: string;
  /** Addresses of all its portals, for a system that makes one disk of several paths: see PORTALS_KEY. */
  readonly portals?: readonly string[];
  /** TCP port of its portal, or of each. */
  readonly port: number;
  /** User of CHAP. */
  readonly user: string;
  readonly secret: string;
}

/** Not one of open-iscsi's: our own script in the initramfs takes from these the addresses that answer, and an initramfs without it the first. */
export const PORTALS_KEY = 'ISCSI_PORTALS';

/**
 * A small archive that the kernel unpacks over its initramfs. It holds the secret; its files are mode 0600.
 * @param others entries of it besides
 * @throws Failure of kind `usage` for a value with control characters; it does not tell the value
 */
export function initiatorCpio(settings: InitiatorSettings, others: readonly CpioEntry[] = []): Buffer {
  const keys = {
    ISCSI_INITIATOR: settings.initiator,
    ISCSI_TARGET_NAME: settings.target,
    ISCSI_TARGET_IP: settings.server,
    ...(settings.portals === undefined ? {} : { [PORTALS_KEY]: settings.portals.join(' ') }),
    ISCSI_TARGET_PORT: String(settings.port),
    ISCSI_TARGET_GROUP: '1',
    ISCSI_USERNAME: settings.user,
    ISCSI_PASSWORD: settings.secret,
  };
  const lines = Object.entries(keys).map(([name, text]) => `${name}=${quoted(name, text)}\n`);
  const file = (path: string, text: string) =>
    ({ type: 'file', path, mode: 0o600, uid: 0, gid: 0, content: Buffer.from(text) }) as const;
  return writeCpio([
    { type: 'directory', path: 'etc', mode: 0o755, uid: 0, gid: 0 },
    file('etc/iscsi.initramfs', lines.join('')),
    file('etc/initiatorname.iscsi', `InitiatorName=${settings.initiator}\n`),
    ...others,
  ]);
}

/** One word of sh(1). */
function quoted(name: string, text: string): string {
  if (!/\p{Cc}/u.test(text)) return shellWord(text);
  throw new Failure('usage', {
    what: `${name} cannot stand in /etc/iscsi.initramfs.`,
    expected: 'text without control characters',
    found: 'a control character, e.g. a line end',
  });
}
