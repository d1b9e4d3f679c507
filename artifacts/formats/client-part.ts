/**
 * What a client's small archive tells of the client to the system that it boots: its name, and files of its own. The script of the
 * initramfs that takes it stands in stages/distribution/client-part.ts.
 */
import type { CpioEntry } from './cpio.js';

/** Folder in the initramfs. */
export const CLIENT_PART = '/lunsmith';
/** In the root: the paths at which that script made empty files to mount on. */
export const MOUNT_POINTS = '/etc/lunsmith/client-files';

export interface ClientPartFile {
  /** Absolute, in the booted system; without control characters and white space at its end. */
  readonly path: string;
  /** `USER:GROUP`, names of the booted system or numbers. */
  readonly owner: string;
  /** Octal permission bits: `0644`. */
  readonly mode: string;
  readonly content: Uint8Array;
}

/**
 * ```
 * lunsmith/name      its name and a line end
 * lunsmith/list      for each file a line: NUMBER MODE OWNER PATH
 * lunsmith/NUMBER    its content
 * ```
 */
export function clientPartEntries(name: string, files: readonly ClientPartFile[]): CpioEntry[] {
  const folder = CLIENT_PART.slice(1);
  const file = (at: string, content: Uint8Array): CpioEntry => ({
    ...{ type: 'file', path: `${folder}/${at}`, mode: 0o600, uid: 0, gid: 0 },
    content,
  });
  const lines = files.map(({ mode, owner, path }, index) => `${index} ${mode} ${owner} ${path}\n`);
  return [
    { type: 'directory', path: folder, mode: 0o700, uid: 0, gid: 0 },
    file('name', Buffer.from(`${name}\n`)),
    ...(files.length === 0 ? [] : [file('list', Buffer.from(lines.join('')))]),
    ...files.map(({ content }, index) => file(String(index), content)),
  ];
}
