/** What a machine tells of itself before its system is taken: a script for its shell, and what is made of the answer. */

/** Stands before every line that is meant for us: a start-up file of the account may print too. */
const MARK = 'lunsmith-take ';

/** Prints what /proc and systemd know. Its argument is the root that will be taken. */
export const LOOK = `
say() { sed "s|^ *|${MARK}$1 |"; }
id -u | say uid
{ tar --version 2>/dev/null || echo none; } | head -n 1 | say tar
sed -n 's/^PRETTY_NAME="\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/\\1/p' "$1/etc/os-release" | say system
sed -n 's/^VERSION_CODENAME=//p' "$1/etc/os-release" | say suite
{ dpkg --print-architecture 2>/dev/null || uname -m; } | say architecture
say mount </proc/self/mountinfo
tail -n +2 /proc/swaps | say swap
systemctl list-units --type=service --state=running --plain --no-legend --no-pager 2>/dev/null | say service
`;

export interface Machine {
  /** Of who logs in. */
  readonly uid: number;
  /** First line of `tar --version`. */
  readonly tar: string;
  /** What the system calls itself; undefined where there is no os-release(5). */
  readonly system: string | undefined;
  readonly suite: string | undefined;
  readonly architecture: string;
  readonly mounts: readonly Mount[];
  /** Absolute paths of files that are swapped to. */
  readonly swapFiles: readonly string[];
  /** Units that run, without their ending. */
  readonly services: readonly string[];
}

/** Of proc_pid_mountinfo(5). */
export interface Mount {
  readonly at: string;
  readonly type: string;
  /** Device number, and the folder of it that is mounted. */
  readonly device: string;
  readonly folder: string;
}

/** Pure. @returns undefined for what is no answer to {@link LOOK} */
export function readLook(text: string): Machine | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith(MARK));
  const all = (what: string) =>
    lines.flatMap((line) =>
      line.startsWith(`${MARK}${what} `) ? [line.slice(MARK.length + what.length + 1)] : [],
    );
  const [uid, tar, architecture] = ['uid', 'tar', 'architecture'].map((what) => all(what)[0]);
  if (uid === undefined || tar === undefined || architecture === undefined) return undefined;
  return {
    uid: Number(uid),
    tar,
    system: all('system')[0],
    suite: all('suite')[0],
    architecture,
    mounts: all('mount').flatMap((line) => readMount(line) ?? []),
    swapFiles: all('swap').flatMap((line) => {
      const [path = '', kind] = line.split(/\s+/);
      return kind === 'file' ? [unescape(path)] : [];
    }),
    services: all('service').flatMap((line) => /^(\S+)\.service\s/.exec(line)?.[1] ?? []),
  };
}

function readMount(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , device, folder, at] = before.split(' ');
  const [type] = after.split(' ');
  if (device === undefined || folder === undefined || at === undefined || type === undefined)
    return undefined;
  return { device, folder: unescape(folder), at: unescape(at), type };
}

/** Space, tab, newline and backslash are octal there. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** File systems on disks of the machine. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'reiserfs', 'vfat', 'exfat']);
/** What is made anew at each start, or shows again what lies elsewhere. */
const VIRTUAL =
  /^(?:autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|mqueue|nsfs|overlay|proc|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$/;

/** Pure: which file systems below the root belong to it, and which are left out though they may hold something. */
export function mountsBelow(
  root: string,
  mounts: readonly Mount[],
): { readonly taken: readonly string[]; readonly left: readonly Mount[] } {
  const prefix = root === '/' ? '/' : `${root}/`;
  const seen = new Set<string>();
  const [taken, left]: [string[], Mount[]] = [[], []];
  for (const mount of mounts) {
    const { at, type, device, folder } = mount;
    const known = seen.has(`${device} ${folder}`);
    seen.add(`${device} ${folder}`);
    if (!at.startsWith(prefix) || at === root || VIRTUAL.test(type) || /^\/(?:proc|sys|dev|run)\//.test(at))
      continue;
    // A folder that is shown at a second place; of btrfs a subvolume is a folder too.
    if (known || (folder !== '/' && type !== 'btrfs')) continue;
    if (LOCAL.has(type)) taken.push(at);
    else left.push(mount);
  }
  return { taken, left };
}

/** Services whose files belong together while they write them: a copy that was made meanwhile may be of no use to them. */
const KEEPS_DATA =
  /^(?:cassandra|ceph-|clickhouse|containerd|couchdb|dirsrv|docker|elasticsearch|etcd|grafana|influxd|libvirtd|mariadb|mongod|mysql|neo4j|opensearch|podman|postgresql|prometheus|rabbitmq|redis|samba-ad-dc|slapd|valkey|virtqemud)/;

/** Pure: those among running services of which a copy cannot be consistent. */
export function keepingData(services: readonly string[]): string[] {
  return services.filter((name) => KEEPS_DATA.test(name));
}
