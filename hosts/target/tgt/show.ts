/** What tgtd's `show` tells, as `tgt_target_show_all`, `account_show` and `iscsi_portal_list` of tgt 1.0.x print it. */

export interface TgtSession {
  /** The initiator's name, an IQN. */
  readonly initiator: string;
  /** Addresses that its connections come from. */
  readonly addresses: readonly string[];
}

export interface TgtLun {
  /** 0 is tgtd's own controller. */
  readonly lun: number;
  readonly serial: string;
  readonly thin: boolean;
  readonly readOnly: boolean;
  /** Path of the disk; `None` for the controller. */
  readonly path: string;
}

export interface TgtTarget {
  readonly id: number;
  readonly name: string;
  /** Sessions that got through the login; one that was refused never appears. */
  readonly sessions: readonly TgtSession[];
  readonly luns: readonly TgtLun[];
  /** CHAP users, in the order in which tgtd keeps them; the target's own has ` (outgoing)` behind it. */
  readonly accounts: readonly string[];
  /** Names and addresses of initiators that may log in; `ALL` are all addresses. */
  readonly access: readonly string[];
}

interface Reading {
  id: number;
  name: string;
  sessions: { initiator: string; addresses: string[] }[];
  luns: { lun: number; serial: string; thin: boolean; readOnly: boolean; path: string }[];
  accounts: string[];
  access: string[];
}

/** Reads all targets. Lines that it does not know are left out. */
export function parseTargets(text: string): TgtTarget[] {
  const targets: Reading[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const head = /^Target (\d+): (\S+)$/.exec(line);
    if (head !== null) {
      const [, id, name] = head as unknown as [string, string, string];
      targets.push({ id: Number(id), name, sessions: [], luns: [], accounts: [], access: [] });
    }
    const title = /^ {4}(\S.*) information:$/.exec(line)?.[1];
    if (title !== undefined) section = title;
    else readLine(targets.at(-1), section, line);
  }
  return targets;
}

function readLine(target: Reading | undefined, section: string, line: string): void {
  const [, key, value] = /^\s+(\S.*?): (.*)$/.exec(line) ?? [];
  const bare = /^ {8}(\S.*)$/.exec(line)?.[1];
  if (target === undefined) return;
  if (section === 'I_T nexus') readSession(target, key, value);
  else if (section === 'LUN') readLun(target, key, value);
  else if (section === 'Account' && bare !== undefined) target.accounts.push(bare);
  else if (section === 'ACL' && bare !== undefined) target.access.push(bare);
}

function readSession(target: Reading, key: string | undefined, value = ''): void {
  if (key === 'Initiator') target.sessions.push({ initiator: value.split(' ')[0] as string, addresses: [] });
  if (key === 'IP Address') target.sessions.at(-1)?.addresses.push(value);
}

function readLun(target: Reading, key: string | undefined, value = ''): void {
  if (key === 'LUN')
    target.luns.push({ lun: Number(value), serial: '', thin: false, readOnly: false, path: 'None' });
  const lun = target.luns.at(-1);
  if (lun === undefined) return;
  if (key === 'SCSI SN') lun.serial = value;
  if (key === 'Thin-provisioning') lun.thin = value === 'Yes';
  if (key === 'Readonly') lun.readOnly = value === 'Yes';
  if (key === 'Backing store path') lun.path = value;
}

/** Names of all CHAP accounts; tgtd never shows a secret. */
export function parseAccounts(text: string): string[] {
  return text.split('\n').flatMap((line) => /^ {4}(\S.*)$/.exec(line)?.[1] ?? []);
}

/** TCP ports that it listens on, whatever the address. */
export function parsePortals(text: string): number[] {
  return text.split('\n').flatMap((line) => {
    const port = /^Portal: \S+:(\d+),\d+$/.exec(line)?.[1];
    return port === undefined ? [] : [Number(port)];
  });
}

/**
 * What `stat` of a target tells, a line for each LUN of each session: target, LUN, session, then bytes and commands of reads begun,
 * reads done, writes begun and writes done, and errors.
 * @returns bytes of reads that are done
 */
export function parseBytesRead(text: string): number {
  return text.split('\n').reduce((sum, line) => {
    const numbers = line.trim().split(/\s+/);
    return sum + (numbers.every((each) => /^\d+$/.test(each)) ? Number(numbers[5] ?? 0) : 0);
  }, 0);
}
