/**
 * What of the files of a system that has run belongs to the one machine that it ran on, and must not come to others with a release of its
 * LUN. Pure; called with the files of its root. What users and services stored is theirs to keep: nothing here can know of it.
 */
import type { Ext4Edits } from '../../../artifacts/formats/ext4-edit.js';
import type { FileEntry } from '../../../artifacts/formats/file-tree/tree.js';

/** Files that are made anew when they are missed. */
const REMOVED: ReadonlySet<string> = new Set([
  '/root/.bash_history',
  '/root/.lesshst',
  '/var/lib/NetworkManager/secret_key',
  '/var/lib/NetworkManager/timestamps',
  '/var/lib/systemd/credential.secret',
  '/var/lib/systemd/random-seed',
  '/var/lib/urandom/random-seed',
]);

/** Folders of which all files go: logs, leases, sessions of an initiator, what nobody expects to find again. */
const EMPTIED = [
  ...['/etc/iscsi/nodes', '/etc/iscsi/send_targets', '/etc/iscsi/static', '/var/lib/iscsi'],
  ...['/var/lib/dhcp', '/var/lib/dhcpcd', '/var/lib/systemd/timers', '/var/lib/systemd/network'],
  ...['/var/log', '/run', '/tmp', '/var/tmp'],
];

const HOST_KEY = /^\/etc\/ssh\/ssh_host_.*key(\.pub)?$/;
/** What makes new host keys at a boot: that of the stage `seal`, and that of Debian 13. */
const KEY_MAKERS = ['ssh-host-keys.service', 'sshd-keygen.service', 'sshdgenkeys.service'].flatMap((unit) =>
  ['/etc/systemd/system/', '/usr/lib/systemd/system/', '/lib/systemd/system/'].map((folder) => folder + unit),
);
const MACHINE_ID = '/etc/machine-id';
const BUS_ID = '/var/lib/dbus/machine-id';
const INITIATOR = '/etc/iscsi/initiatorname.iscsi';

export interface Identity extends Ext4Edits {
  /** What stays that should not, each a sentence. */
  readonly left: readonly string[];
}

export function identityOf(files: ReadonlyMap<string, Pick<FileEntry, 'path' | 'type'>>): Identity {
  const all = [...files.values()].filter(({ type }) => type !== 'directory').map(({ path }) => path);
  const keys = all.filter((path) => HOST_KEY.test(path));
  const newKeys = KEY_MAKERS.some((path) => files.has(path));
  const remove = all.filter(
    (path) =>
      REMOVED.has(path) ||
      (newKeys && HOST_KEY.test(path)) ||
      (path === BUS_ID && files.get(path)?.type === 'file') ||
      EMPTIED.some((folder) => path.startsWith(`${folder}/`)),
  );
  const replace = new Map([
    // Empty and not away: without it a boot is a first boot (machine-id(5)).
    ...(files.has(MACHINE_ID) ? [[MACHINE_ID, ''] as const] : []),
    ...(files.has(INITIATOR) ? [[INITIATOR, 'GenerateName=yes\n'] as const] : []),
  ]);
  const left =
    keys.length > 0 && !newKeys
      ? [
          'Its SSH host keys stay, since nothing on it makes new ones: all clients of the release have the same.',
        ]
      : [];
  return { remove, replace, left };
}
