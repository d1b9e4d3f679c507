import { expect, it } from 'vitest';
import { identityOf } from '../../../app/site/capture/identity.js';
import { editCommands } from '../../../artifacts/formats/ext4-edit.js';
import { failureOf } from '../../artifacts/formats/tools.js';

const files = (...paths: string[]) =>
  new Map(
    paths.map((path) => {
      const type = path.endsWith('/') ? ('directory' as const) : ('file' as const);
      const at = path.replace(/\/$/, '');
      return [at, { path: at, type }] as const;
    }),
  );

const KEYS = ['/etc/ssh/ssh_host_rsa_key', '/etc/ssh/ssh_host_rsa_key.pub'];

it('takes away what belongs to one machine, and nothing of what users and services stored', () => {
  const unit = '/etc/systemd/system/ssh-host-keys.service';
  const theirs = [
    '/etc/hostname',
    '/etc/ssh/sshd_config',
    '/root/.ssh/authorized_keys',
    '/var/lib/app/data',
    '/home/u/x',
  ];
  const ours = [
    ...['/var/log/syslog', '/var/log/journal/0123/system.journal', '/var/lib/dhcp/dhclient.leases'],
    ...['/var/lib/dbus/machine-id', '/var/lib/systemd/random-seed', '/etc/iscsi/nodes/iqn.a/b/default'],
  ];
  const identity = identityOf(
    files(
      '/etc/machine-id',
      '/etc/iscsi/initiatorname.iscsi',
      '/var/log/journal/',
      unit,
      ...KEYS,
      ...theirs,
      ...ours,
    ),
  );
  expect([...identity.remove].sort()).toEqual([...KEYS, ...ours].sort());
  expect([...identity.replace]).toEqual([
    ['/etc/machine-id', ''],
    ['/etc/iscsi/initiatorname.iscsi', 'GenerateName=yes\n'],
  ]);
  expect(identity.left).toEqual([]);
});

it('leaves host keys that nothing would make anew, and says so', () => {
  const { remove, left } = identityOf(files(...KEYS));
  expect(remove).toEqual([]);
  expect(left[0]).toContain('SSH host keys stay');
});

it('names are told to debugfs whatever is in them, but for control characters', () => {
  const replace = new Map([['/etc/machine-id', '']]);
  expect(editCommands({ remove: ['/tmp/a b"c'], replace })).toBe(
    'rm "/tmp/a b""c"\nrm "/etc/machine-id"\nwrite edit-file-0 "/etc/machine-id"\n',
  );
  const { kind } = failureOf(() => editCommands({ remove: ['/tmp/a\nb'], replace }));
  expect(kind).toBe('usage');
});
