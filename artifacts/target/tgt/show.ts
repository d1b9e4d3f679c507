/** What tgtd's `show` tells of its targets, as `tgt_target_show_all` of tgt 1.0.x prints it. */

export interface TgtSession {
  /** The initiator's name, an IQN. */
  readonly initiator: string;
  /** Addresses that its connections come from. */
  readonly addresses: readonly string[];
}

export interface TgtTarget {
  readonly id: number;
  readonly name: string;
  /** Sessions that got through the login; one that was refused never appears. */
  readonly sessions: readonly TgtSession[];
}

/** Reads all targets and their sessions. Lines that it does not know are left out. */
export function parseTargets(text: string): TgtTarget[] {
  const targets: { id: number; name: string; sessions: { initiator: string; addresses: string[] }[] }[] = [];
  for (const line of text.split('\n')) {
    const target = /^Target (\d+): (\S+)$/.exec(line);
    if (target !== null) targets.push({ id: Number(target[1]), name: target[2] as string, sessions: [] });
    const initiator = /^\s+Initiator: (\S+)/.exec(line)?.[1];
    if (initiator !== undefined) targets.at(-1)?.sessions.push({ initiator, addresses: [] });
    const address = /^\s+IP Address: (\S+)$/.exec(line)?.[1];
    if (address !== undefined) targets.at(-1)?.sessions.at(-1)?.addresses.push(address);
  }
  return targets;
}
