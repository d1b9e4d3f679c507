/** What is read of a running system, by a shell that answers from a table. */
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { checkSystem, stopCommand } from '../../gate/checks.js';
import { makeIdentity } from '../../gate/identity.js';
import type { CommandOutput, Session } from '../../gate/session.js';
import { smallManifest } from '../util/manifest.js';

const identity = makeIdentity({ firmware: 'bios', path: 'san', secret: 'right' }, 'd'.repeat(64));
const root = {
  uuid: '6c816f51-0613-45e7-a15b-bc2d5cd00f88',
  offset: 1 << 20,
  bytes: 1 << 20,
  filesystem: 'ext4',
} as const;
const ON_ISCSI = '/sys/devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda3';

/** By a part of the line. */
type Answers = Readonly<Record<string, string>>;

const SYSTEM: Answers = {
  '/sys/dev/block/': ON_ISCSI,
  findfs: '/dev/sda3',
  targetname: identity.target,
  initiatorname: identity.initiator,
  'uname -r': '6.1.0-9-amd64',
};
const SYSTEMD: Answers = {
  'test -d /run/systemd/system': '',
  'is-system-running': 'running',
  'list-units --failed': '',
};

function shell(answers: Answers): Session {
  const run = (line: string): Promise<CommandOutput> => {
    const found = Object.entries(answers).find(([part]) => line.includes(part));
    return Promise.resolve(
      found === undefined ? { text: 'not found', status: 127 } : { text: found[1], status: 0 },
    );
  };
  return { run, type: () => undefined };
}

const checked = async (
  answers: Answers,
  filesystem: 'ext4' | 'btrfs' = 'ext4',
  change: Partial<Manifest> = {},
) =>
  Object.fromEntries(
    (
      await checkSystem(shell(answers), {
        manifest: smallManifest(change),
        identity,
        root: { ...root, filesystem },
      })
    ).map(({ name, passed, found }) => [name, [passed, found]]),
  );

describe('the system of a release', () => {
  const good = {
    'root is on iSCSI': [true, `/dev/sda3 is ${ON_ISCSI}`],
    'root file system': [true, `UUID ${root.uuid} is /dev/sda3`],
    'iSCSI session': [true, `${identity.initiator} at ${identity.target}`],
    kernel: [true, '6.1.0-9-amd64'],
  };

  it('is what its kernel, its disk and its units say', async () => {
    expect(await checked({ ...SYSTEM, ...SYSTEMD })).toEqual({
      ...good,
      units: [true, 'none failed, system running'],
    });
  });

  it('asks a Btrfs for its device, since its number is that of none', async () => {
    const others = Object.fromEntries(Object.entries(SYSTEM).filter(([part]) => part !== '/sys/dev/block/'));
    expect(await checked({ ...others, '/sys/class/block/': ON_ISCSI }, 'btrfs')).toEqual(good);
  });

  it('has no units without systemd', async () => {
    expect(await checked(SYSTEM)).toEqual(good);
  });

  it.each([
    [
      'that of the release',
      'enp0s2.5  VID: 5\t REORDER_HDR: 1  dev->priv_flags: 1',
      true,
      'enp0s2.5 with the tag 5',
    ],
    ['another', 'enp0s2.50  VID: 50\t REORDER_HDR: 1', false, 'enp0s2.50 with the tag 50'],
    ['none', 'grep: /proc/net/vlan/*: No such file or directory', false, 'none with the tag none'],
  ])('has the VLAN of its NIC: %s', async (_, text, passed, found) => {
    const answers = { ...SYSTEM, '/proc/net/vlan/': text, persistent_address: '10.79.0.1' };
    const checks = await checked(answers, 'ext4', { vlan: 5 });
    expect(checks['VLAN of the boot NIC']).toEqual([passed, `${found}, target at 10.79.0.1`]);
  });

  it.each<[string, Answers, string, string]>([
    [
      'a local disk',
      { '/sys/dev/block/': '/sys/devices/pci0000:00/ata1/block/sda/sda3' },
      'root is on iSCSI',
      '/dev/sda3 is /sys/devices/pci0000:00/ata1/block/sda/sda3',
    ],
    ['another root', { findfs: '/dev/sdb1' }, 'root file system', `UUID ${root.uuid} is /dev/sdb1`],
    ['another target', { targetname: 'iqn.other' }, 'iSCSI session', `${identity.initiator} at iqn.other`],
    ['another kernel', { 'uname -r': '6.1.0-8-amd64' }, 'kernel', '6.1.0-8-amd64'],
    [
      'a failed unit',
      { 'list-units --failed': 'a.service\nb.service' },
      'units',
      'failed: a.service, b.service',
    ],
  ])('is not with %s', async (_, change, name, found) => {
    const checks = await checked({ ...SYSTEM, ...SYSTEMD, ...change });
    expect(checks[name]).toEqual([false, found]);
    expect(Object.values(checks).filter(([passed]) => passed === false)).toHaveLength(1);
  });
});

it.each([
  ['reboot', SYSTEMD, 'systemctl reboot'],
  ['poweroff', SYSTEMD, 'systemctl poweroff'],
  ['poweroff', {}, 'poweroff'],
] as const)('%s is asked for in the words of its service manager', async (how, answers, command) => {
  expect(await stopCommand(shell(answers), how)).toBe(command);
});
