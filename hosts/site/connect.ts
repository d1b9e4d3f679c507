/** How a site names the way to a target host, and the folder there. */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Checked } from '../../base/schema/checked.js';
import { slashesMeant } from '../../base/suggest.js';
import type { Transport } from './facts.js';

/** Where a host without words of its own keeps everything. */
export const DEFAULT_ROOT = '/srv/lunsmith';

const SSH =
  /^ssh:\/\/((?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?)([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\])(?::([0-9]{1,5}))?\/?$/;
const EXPECTED = '`ssh://USER@HOST`, or a folder of this machine such as `./target` or `/srv/lunsmith`';

/** A transport, or the folder of one that is this machine. */
export interface Connection {
  readonly transport: Transport;
  readonly folder?: string;
}

export function checkConnection(text: string): Checked<Connection> {
  if (/^(?:\/|\.\.?(?:\/|$))/.test(text))
    return { value: { transport: { kind: 'directory' }, folder: text } };
  const [, user = '', host = '', port] = SSH.exec(text) ?? [];
  const address = host.replace(/^\[|\]$/g, '');
  const whole = host === address || isIPv6(address);
  if (host !== '' && whole && Number(port ?? 22) >= 1 && Number(port ?? 22) <= 65535) {
    return {
      value: {
        // ssh itself takes an address without brackets (ssh(1), destination).
        transport: {
          kind: 'ssh',
          destination: `${user}${address}`,
          ...(port === undefined ? {} : { port: Number(port) }),
        },
      },
    };
  }
  const what = 'No way to a target host.';
  if (/^(?:[a-z]+:\/\/)?[^/@[]*:[^/]*@/.test(text)) {
    return {
      problem: {
        what,
        expected: EXPECTED,
        found: 'not shown: it may be a secret',
        hint: 'Leave the password out: ssh uses your keys and your agent.',
      },
    };
  }
  const path = /^(?:ssh:\/\/[^/]*)(\/.+)$/.exec(text)?.[1];
  const hint =
    path === undefined
      ? SSH.test(`ssh://${text}`)
        ? `Write \`ssh://${text}\`.`
        : slashesMeant(text).hint
      : `Give the folder on the host as \`root: ${path}\`.`;
  return {
    problem: { what, expected: EXPECTED, found: `\`${text}\``, ...(hint === undefined ? {} : { hint }) },
  };
}

/** An absolute path that every configuration file takes as it is: no spaces, quotes, `#` or `$`. */
export function checkRoot(path: string): Checked<string> {
  const plain = /^(?:\/[A-Za-z0-9._+@=-]+)+$/.test(path);
  if (plain && resolve(path) === path) return { value: path };
  return {
    problem: {
      what: 'No folder for a target host.',
      expected: 'an absolute path of letters, digits and `._+@=-`, such as `/srv/lunsmith`',
      found: `\`${path}\``,
    },
  };
}
