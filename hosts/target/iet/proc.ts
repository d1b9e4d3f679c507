/** What IET's kernel module shows in `/proc/net/iet`. */
import type { IscsiSession } from '../adapter.js';

export interface IetTarget {
  /** The number under which ietadm(8) knows it. */
  readonly id: number;
  readonly name: string;
  /** Paths of its LUNs, by number. */
  readonly disks: ReadonlyMap<number, string>;
}

const TARGET = /^tid:(\d+) name:(\S+)$/;

/** Reads `/proc/net/iet/volume`. */
export function parseVolumes(text: string): IetTarget[] {
  const targets: { id: number; name: string; disks: Map<number, string> }[] = [];
  for (const line of text.split('\n')) {
    const [, id, name] = TARGET.exec(line) ?? [];
    if (name !== undefined) targets.push({ id: Number(id), name, disks: new Map() });
    const [, lun, path] = /^\s+lun:(\d+) .*\bpath:(\S+)$/.exec(line) ?? [];
    if (path !== undefined) targets.at(-1)?.disks.set(Number(lun), path);
  }
  return targets;
}

/** Reads `/proc/net/iet/session`; it may name a session that broke off and was not taken up again (ietadm(8)). */
export function parseSessions(text: string): IscsiSession[] {
  const sessions: (IscsiSession & { readonly addresses: string[] })[] = [];
  let target = '';
  for (const line of text.split('\n')) {
    target = TARGET.exec(line)?.[2] ?? target;
    const initiator = /^\s+sid:\d+ initiator:(\S+)$/.exec(line)?.[1];
    if (initiator !== undefined) sessions.push({ target, initiator, addresses: [] });
    const address = /^\s+cid:\d+ ip:(\S+) /.exec(line)?.[1];
    if (address !== undefined) sessions.at(-1)?.addresses.push(address);
  }
  return sessions;
}
