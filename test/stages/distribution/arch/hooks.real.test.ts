/** The hooks of the initramfs, judged by other shells, and run where everything that they start writes down how. */
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISCSI_INSTALL, ISCSI_RUN } from '../../../../stages/distribution/arch/mkinitcpio/iscsi-hook.js';
import { NET_INSTALL, NET_RUN } from '../../../../stages/distribution/arch/mkinitcpio/net-hook.js';
import { MODULE_FILES } from '../../../../stages/distribution/debian/initramfs/dracut/module.js';

describe.each([
  ['net', NET_RUN],
  ['iscsi', ISCSI_RUN],
])('the run part of %s', (_, text) => {
  it('is a script of the shell that the initramfs has', async () => {
    await execa('busybox', ['ash', '-n'], { input: text });
  });

  it('has nothing that shellcheck knows better', async () => {
    // Of ash it takes dash to be the nearest kin. Files of the initramfs are not here (SC1091); the kernel's command line is
    // meant to be split into words (SC2013).
    const options = ['--shell=dash', '--exclude=SC1091,SC2013', '-'];
    const { stdout } = await execa('shellcheck', options, { input: text, reject: false });
    expect(stdout).toBe('');
  });
});

describe.each([
  ['net', NET_INSTALL],
  ['iscsi', ISCSI_INSTALL],
])('the build part of %s', (_, text) => {
  it('is a script of bash in which shellcheck finds nothing', async () => {
    await execa('bash', ['-n'], { input: text });
    const { stdout } = await execa('shellcheck', ['--shell=bash', '-'], { input: text, reject: false });
    expect(stdout).toBe('');
  });
});

/** Starts as often as it is told to fail, and writes down its arguments, one `<…>` each. */
const RECORDER = `#!/bin/sh
name=\${0##*/}
{ printf '%s' "$name"; for each; do printf ' <%s>' "$each"; done; echo; } >> /run/calls
read -r failures 2> /dev/null < "/run/fail-$name" || failures=0
if [ "$failures" -gt 0 ]; then
  echo "$((failures - 1))" > "/run/fail-$name"
  read -r status < "/run/status-$name"
  if [ -e "/run/said-$name" ]; then cat "/run/said-$name" >&2; fi
  exit "$status"
fi
`;

interface World {
  readonly cmdline?: string;
  /** Files by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'initramfs-'));
  const busybox = (await execa('sh', ['-c', 'command -v busybox'])).stdout;
  for (const folder of ['bin', 'usr', 'etc', 'run', 'proc', 'sys', 'tmp', 'dev'])
    await mkdir(join(root, folder));
  await execa('cp', [busybox, join(root, 'bin/busybox')]);
  await symlink('../bin', join(root, 'usr/bin'));
  for (const name of ['ash', 'sh', 'cat', 'tr', 'cut', 'cp'])
    await symlink('busybox', join(root, 'bin', name));
  for (const name of ['iscsistart', 'ipconfig', 'modprobe', 'udevadm', 'ip', 'sleep']) {
    await writeFile(join(root, 'bin', name), RECORDER);
    await chmod(join(root, 'bin', name), 0o755);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What the hook started, without what it does whatever the world is like; and what it said. @param call what of the script is run */
async function runHook(text: string, { cmdline = '', files = {} }: World, call = 'run_hook') {
  const world = await mkdtemp(join(tmpdir(), 'initramfs-world-'));
  try {
    const given = {
      '/proc/cmdline': `${cmdline}\n`,
      '/etc/iscsi/iscsistart.settings': 'node.session.timeo.replacement_timeout=86400\n',
      '/hook': text,
      ...files,
    };
    await execa('cp', ['-a', `${root}/.`, world]);
    for (const [path, content] of Object.entries(given)) {
      await mkdir(dirname(join(world, path)), { recursive: true });
      await writeFile(join(world, path), content);
    }
    // busybox would take its own ip for the one in PATH.
    const script = 'msg() { echo "$*"; }; err() { echo "ERROR: $*"; }; ip() { /bin/ip "$@"; }; . /hook; ';
    // Without the network of this machine: whatever a hook starts in earnest by mistake stays in there.
    const confined = ['--unshare-all', '--bind', world, '/', '--', '/bin/ash', '-c', script + call];
    const { stdout } = await execa('bwrap', confined);
    const calls = await readFile(join(world, 'run/calls'), 'utf8').catch(() => '');
    const read = (path: string) => readFile(join(world, path), 'utf8').catch(() => undefined);
    const lines = calls.split('\n').filter((line) => !/^(modprobe|udevadm|sleep|$)/.test(line));
    return {
      calls: lines,
      order: calls.split('\n').map((line) => line.split(' ')[0]),
      said: stdout.split('\n'),
      routes: await read('run/net-eth0.conf'),
      card: await read('run/initramfs/open-iscsi.interface'),
    };
  } finally {
    await rm(world, { recursive: true, force: true });
  }
}

const SETTINGS = '<-P> <node.session.timeo.replacement_timeout=86400>';
const IDENTITY = [
  "ISCSI_INITIATOR='iqn.2026-01.org.example:client'",
  "ISCSI_TARGET_NAME='iqn.2026-01.org.example:disk'",
  "ISCSI_TARGET_IP='192.0.2.1'",
  "ISCSI_TARGET_PORT='3261'",
  "ISCSI_TARGET_GROUP='2'",
  '',
].join('\n');
const FROM_FILE =
  '<-i> <iqn.2026-01.org.example:client> <-t> <iqn.2026-01.org.example:disk> <-g> <2> <-a> <192.0.2.1> <-p> <3261>';
/** With a virtio card, of which the iBFT's `device` is that of the bus. */
const IBFT = {
  '/sys/firmware/ibft/ethernet0/gateway': '192.0.2.254\n',
  '/sys/firmware/ibft/ethernet0/primary-dns': '192.0.2.53\n',
  '/sys/firmware/ibft/ethernet0/mac': '52:54:00:12:34:56\n',
  '/sys/firmware/ibft/ethernet0/device/virtio0/net/eth0/address': '52:54:00:12:34:56\n',
  '/sys/class/net/eth0/address': '52:54:00:12:34:56\n',
  '/sys/class/net/eth0/type': '1\n',
};

describe('the hook iscsi', () => {
  it.each<[string, World, string[]]>([
    [
      'a file of the client, without CHAP',
      { files: { '/etc/iscsi.initramfs': IDENTITY } },
      [`iscsistart ${FROM_FILE} ${SETTINGS}`],
    ],
    [
      'a file of the client with CHAP of both sides, and a secret with all that a shell knows',
      {
        files: {
          '/etc/iscsi.initramfs': `${IDENTITY}ISCSI_USERNAME='me'\nISCSI_PASSWORD='a b$c*"d'\nISCSI_IN_USERNAME='it'\nISCSI_IN_PASSWORD='e'\n`,
        },
      },
      [
        `iscsistart ${FROM_FILE} <-u> <me> <-w> <a b$c*"d> <-P> <node.session.auth.authmethod=CHAP> <-U> <it> <-W> <e> ${SETTINGS}`,
      ],
    ],
    [
      'the kernel command line alone, with the name of the initiator in its own file',
      {
        cmdline:
          'root=UUID=1 ro iscsi_target_name=iqn.2026-01.org.example:other iscsi_target_ip=192.0.2.2 quiet',
        files: { '/etc/initiatorname.iscsi': 'InitiatorName=iqn.2026-01.org.example:own\n' },
      },
      [
        `iscsistart <-i> <iqn.2026-01.org.example:own> <-t> <iqn.2026-01.org.example:other> <-g> <1> <-a> <192.0.2.2> <-p> <3260> ${SETTINGS}`,
      ],
    ],
    [
      'the kernel command line over the file',
      {
        cmdline: 'iscsi_target_ip=192.0.2.9 iscsi_target_group=7',
        files: { '/etc/iscsi.initramfs': IDENTITY },
      },
      [
        `iscsistart ${FROM_FILE.replace('192.0.2.1', '192.0.2.9').replace('<-g> <2>', '<-g> <7>')} ${SETTINGS}`,
      ],
    ],
    [
      'the iBFT',
      { files: { '/etc/iscsi.initramfs': 'ISCSI_AUTO=true\n', ...IBFT } },
      [
        'iscsistart <-N>',
        'ip <route> <replace> <default> <via> <192.0.2.254> <dev> <eth0>',
        `iscsistart <-b> ${SETTINGS}`,
      ],
    ],
    [
      'the iBFT by the kernel command line',
      { cmdline: 'iscsi_auto', files: { ...IBFT, '/sys/firmware/ibft/ethernet0/gateway': '0.0.0.0\n' } },
      ['iscsistart <-N>', `iscsistart <-b> ${SETTINGS}`],
    ],
    [
      'a table that firmware left is nothing to who was not told to look there',
      { files: { '/etc/iscsi.initramfs': IDENTITY, ...IBFT } },
      [`iscsistart ${FROM_FILE} ${SETTINGS}`],
    ],
    [
      'a client’s own file where the firmware left no table',
      { files: { '/etc/iscsi.initramfs': `${IDENTITY}ISCSI_AUTO=true\n` } },
      [`iscsistart ${FROM_FILE} ${SETTINGS}`],
    ],
    [
      'a target that comes late',
      {
        files: {
          '/etc/iscsi.initramfs': IDENTITY,
          '/run/fail-iscsistart': '2\n',
          '/run/status-iscsistart': '8\n',
        },
      },
      Array.from({ length: 3 }, () => `iscsistart ${FROM_FILE} ${SETTINGS}`),
    ],
    [
      'a target that never comes: ten attempts',
      {
        files: {
          '/etc/iscsi.initramfs': IDENTITY,
          '/run/fail-iscsistart': '99\n',
          '/run/status-iscsistart': '8\n',
        },
      },
      Array.from({ length: 10 }, () => `iscsistart ${FROM_FILE} ${SETTINGS}`),
    ],
    [
      'a target that refuses: one attempt, since the next would be refused as well',
      {
        files: {
          '/etc/iscsi.initramfs': IDENTITY,
          '/run/fail-iscsistart': '99\n',
          '/run/status-iscsistart': '255\n',
          '/run/said-iscsistart':
            'iscsistart: initiator reported error (24 - iSCSI login failed due to authorization failure)\n',
        },
      },
      [`iscsistart ${FROM_FILE} ${SETTINGS}`],
    ],
    ['nothing that names a target', {}, []],
  ])('%s', async (_, world, calls) => {
    expect((await runHook(ISCSI_RUN, world)).calls).toEqual(calls);
  });

  it('says what it lacks', async () => {
    const { said } = await runHook(ISCSI_RUN, {});
    expect(said).toEqual([
      'ERROR: No iSCSI target is known: the iBFT is empty, and neither /etc/iscsi.initramfs nor the kernel command line names one',
    ]);
  });

  it('repeats what iscsistart says, which the gate looks for', async () => {
    const refusal =
      'iscsistart: initiator reported error (24 - iSCSI login failed due to authorization failure)';
    const files = {
      '/etc/iscsi.initramfs': IDENTITY,
      '/run/fail-iscsistart': '1\n',
      '/run/status-iscsistart': '255\n',
      '/run/said-iscsistart': `${refusal}\n`,
    };
    expect((await runHook(ISCSI_RUN, { files })).said).toContain(refusal);
  });

  it('hands on the name servers of the iBFT', async () => {
    const { routes } = await runHook(ISCSI_RUN, { cmdline: 'iscsi_auto', files: IBFT });
    expect(routes).toBe("IPV4DNS0='192.0.2.53'\nIPV4DNS1=''\n");
  });
});

describe('the login of dracut, by the same lines', () => {
  const login = MODULE_FILES.find(([path]) => path.endsWith('/iscsi'))?.[1] ?? '';
  const files = {
    '/run/initramfs/lunsmith': '',
    '/etc/iscsi.initramfs': 'ISCSI_AUTO=true\n',
    ...IBFT,
  };

  it('knows the card of the iBFT by its MAC, and tells the booted system of it', async () => {
    const { calls, routes, card } = await runHook(login, { files }, ':');
    expect(calls).toEqual([
      'iscsistart <-N>',
      'ip <route> <replace> <default> <via> <192.0.2.254> <dev> <eth0>',
      `iscsistart <-b> ${SETTINGS}`,
    ]);
    expect([routes, card]).toEqual(["IPV4DNS0='192.0.2.53'\nIPV4DNS1=''\n", 'eth0\n']);
  });

  it('names no card where none has that MAC', async () => {
    const other = { ...files, '/sys/class/net/eth0/address': '52:54:00:00:00:01\n' };
    const { calls, routes, card } = await runHook(login, { files: other }, ':');
    expect(calls).toEqual(['iscsistart <-N>', `iscsistart <-b> ${SETTINGS}`]);
    expect([routes, card]).toEqual([undefined, undefined]);
  });
});

describe('the hook net', () => {
  const nics = {
    '/sys/class/net/eth0/address': '52:54:00:00:00:01\n',
    '/sys/class/net/eth0/type': '1\n',
    '/sys/class/net/eth1/address': '52:54:00:00:00:0a\n',
    '/sys/class/net/eth1/type': '1\n',
    '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
    '/sys/class/net/lo/type': '772\n',
  };
  it.each([
    ['root=UUID=1 ro', []],
    ['ip=off', []],
    ['ip=dhcp', ['ipconfig <-t> <60> <:::::eth0:dhcp>']],
    ['ip=dhcp BOOTIF=01-52-54-00-00-00-0A', ['ipconfig <-t> <60> <:::::eth1:dhcp>']],
    ['ip=:::::eth1:dhcp', ['ipconfig <-t> <60> <:::::eth1:dhcp>']],
    [
      'ip=192.0.2.5::192.0.2.254:255.255.255.0:client::off BOOTIF=01-52-54-00-00-00-0a',
      ['ipconfig <-t> <60> <192.0.2.5::192.0.2.254:255.255.255.0:client:eth1:off>'],
    ],
    [
      'ip=192.0.2.5:192.0.2.1:192.0.2.254:255.255.255.0:client:eth0:off:192.0.2.53',
      ['ipconfig <-t> <60> <192.0.2.5:192.0.2.1:192.0.2.254:255.255.255.0:client:eth0:off:192.0.2.53>'],
    ],
    ['ip=dhcp BOOTIF=01-52-54-00-00-00-ff', []],
  ])('%s', async (cmdline, calls) => {
    expect((await runHook(NET_RUN, { cmdline, files: nics })).calls).toEqual(calls);
  });

  it('looks for the card when udev has named all that are there', async () => {
    const { order } = await runHook(NET_RUN, { cmdline: 'ip=dhcp', files: nics });
    expect(order.slice(0, 2)).toEqual(['udevadm', 'ipconfig']);
  });

  it('hands on what an older ipconfig learned', async () => {
    const files = { ...nics, '/tmp/net-eth0.conf': "IPV4DNS0='192.0.2.53'\n" };
    expect((await runHook(NET_RUN, { cmdline: 'ip=dhcp', files })).routes).toBe("IPV4DNS0='192.0.2.53'\n");
  });
});
