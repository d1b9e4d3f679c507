/** Many small files at once in a folder that is not published yet: one script by the input of one shell, so no secret is in argv. */

import { shellWord } from '../../base/shell-word.js';
import type { BootFile } from '../boot-files/boot-file.js';
import type { TargetHost } from '../host/host.js';
import { syncFolder } from '../host/on-disk.js';
import type { HostFacts } from '../site/facts.js';

/** Paths on one command line. */
const AT_ONCE = 200;

/** Groups that the processes of servers are in. */
export interface SecretReaders {
  /** Absent: their owner alone. */
  readonly http?: string;
  /** Absent: everybody on the host, as everybody on the network may ask for them. */
  readonly tftp?: string;
}

export function secretReaders({ http, tftp }: Pick<HostFacts, 'http' | 'tftp'>): SecretReaders {
  return {
    ...(http.group === undefined ? {} : { http: http.group }),
    ...(tftp?.group === undefined ? {} : { tftp: tftp.group }),
  };
}

/**
 * Fills a folder; what is in it already is removed. Afterwards all of it is on the disk.
 * @param readers who may read the secret ones, and nobody else
 */
export async function fillFolder(
  host: TargetHost,
  folder: string,
  files: readonly BootFile[],
  readers: SecretReaders = {},
): Promise<void> {
  await host.run(['sh', '-eu'], {
    doing: `write ${folder}`,
    input: folderScript(folder, files, readers),
    quiet: true,
  });
}

function folderScript(folder: string, files: readonly BootFile[], readers: SecretReaders): string {
  const at = (path: string) => shellWord(`${folder}/${path}`);
  const folders = new Set(
    files.map(({ path }) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')),
  );
  const secret = files.filter((file) => file.secret);
  const chunked = (command: string, paths: readonly string[]) =>
    chunks(paths).map((chunk) => `${command} ${chunk.join(' ')}`);
  const byHttp = secret.filter(({ tftp }) => tftp !== true).map(({ path }) => at(path));
  const byTftp = secret.filter(({ tftp }) => tftp === true).map(({ path }) => at(path));
  const forGroup = (group: string, paths: readonly string[]) => [
    ...chunked(`chgrp -- ${shellWord(group)}`, paths),
    ...chunked('chmod 640 --', paths),
  ];
  const lines = [
    'umask 022',
    `rm -rf -- ${shellWord(folder)}`,
    ...chunked('mkdir -p --', [shellWord(folder), ...[...folders].map(at)]),
    ...files.filter((file) => !file.secret).map((file) => put(file, at(file.path))),
    'umask 077',
    ...secret.map((file) => put(file, at(file.path))),
    ...(readers.http === undefined ? [] : forGroup(readers.http, byHttp)),
    ...(readers.tftp === undefined ? chunked('chmod 644 --', byTftp) : forGroup(readers.tftp, byTftp)),
    syncFolder(shellWord(folder)),
  ];
  return `${lines.join('\n')}\n`;
}

function put({ content }: BootFile, path: string): string {
  if ('link' in content) return `ln -s -- ${shellWord(content.link)} ${path}`;
  return `printf ${format('text' in content ? Buffer.from(content.text) : content.bytes)} >${path}`;
}

/**
 * Bytes as the format of printf (POSIX.1-2017, printf): what is no printable ASCII, or has a meaning, as three octal digits. It is
 * a built-in command of the shell: no process sees it, and no limit of command lines concerns it.
 */
function format(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte, index) => {
    const char = String.fromCharCode(byte);
    const plain =
      char === '\n' || (/^[ -~]$/.test(char) && !'\\%'.includes(char) && !(index === 0 && char === '-'));
    return plain ? char : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
  return shellWord(text);
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, index) =>
    all.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
}
