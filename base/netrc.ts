/**
 * What servers ask for before they hand out files: the text that apt_auth.conf(5) describes, entries of
 * `machine [PROTOCOL://]HOST[:PORT][/PATH] login NAME password SECRET`, after the netrc of ftp.
 */
import { Failure } from './failure.js';

interface Entry {
  /** Without a scheme: https alone. */
  readonly scheme: string;
  /** With its port, if it has one. */
  readonly host: string;
  /** How paths begin that it is for. */
  readonly path: string;
  readonly login: string;
  readonly password: string;
}

/** The value of the header `Authorization` (RFC 7617) for a URL, if an entry is for it. */
export type Authorize = (url: string) => string | undefined;

/** @param where how messages name the text, which they never show @throws Failure of kind `recipe` when it is none */
export function authorizeBy(text: string, where: string): Authorize {
  const entries = readEntries(text, where);
  return (url) => {
    const { protocol, host, pathname } = new URL(url);
    const found = entries.find(
      (entry) => `${entry.scheme}:` === protocol && entry.host === host && pathname.startsWith(entry.path),
    );
    if (found === undefined) return undefined;
    return `Basic ${Buffer.from(`${found.login}:${found.password}`).toString('base64')}`;
  };
}

const ENTRY = /machine\s+(?:([a-z]+):\/\/)?([^\s/]+)(\/\S*)?\s+login\s+(\S+)\s+password\s+(\S+)\s*/y;

function readEntries(text: string, where: string): Entry[] {
  const plain = text.replace(/^\s*#.*$/gm, '').trim();
  const entries: Entry[] = [];
  for (ENTRY.lastIndex = 0; ENTRY.lastIndex < plain.length; ) {
    const [, scheme = 'https', host = '', path = '/', login = '', password = ''] = ENTRY.exec(plain) ?? [];
    if (host === '') throw noEntries(where);
    entries.push({ scheme, host, path, login, password });
  }
  return entries;
}

function noEntries(where: string): Failure {
  return new Failure('recipe', {
    what: `${where} holds no entries of apt_auth.conf(5).`,
    expected:
      '`machine HOST login NAME password SECRET`, one after the other; `machine http://HOST` without TLS',
    found: 'something else (not shown: it may be a secret)',
  });
}
