/** All stages but the bootstrap on one Debian 12, judged by its own tools. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DNS_SCRIPT_PATH } from '../../stages/network/dns.js';
import { RIG_RECIPE } from '../util/rig-recipe.js';
import { runStages, type StageRig } from '../util/stage-rig.js';

const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4pF0AtC1hJkVrbpn2yQqkvKqvVYyRZPpFVyyYVWbxN admin@example.org';
/** Of the password `canary`. */
const HASH =
  '$6$saltsalt$7xUxLBxVn4PEMSnb4q9Sx0ENuSg2Tr7ZE7EbMfIxsNEUPCDWTfjbpVUrOUsQe3XPqFZ6GHmlRaRvMWbKiX8kL.';

const STEPS = [
  {
    uses: 'packages',
    with: {
      install: [
        ...[
          'linux-image-amd64',
          'initramfs-tools',
          'busybox',
          'zstd',
          'open-iscsi',
          'systemd-sysv',
          'udev',
          'dbus',
        ],
        ...[
          'openssh-server',
          'iproute2',
          'ifupdown',
          'sudo',
          'locales',
          'tzdata',
          'systemd-timesyncd',
          'cron',
        ],
      ],
      hold: ['linux-image-amd64'],
    },
  },
  {
    uses: 'files',
    with: {
      source: 'files',
      values: { name: 'a machine' },
      rules: [
        { match: '/etc/example', owner: 'root:adm', 'directory-mode': '0750' },
        { match: '/etc/example/**', owner: 'root:adm', mode: '0640' },
        { match: '/etc/example/motd', template: true },
      ],
      files: [
        {
          path: '/etc/default/example',
          content: 'A=@{name}\n',
          template: true,
          mode: '0600',
          owner: 'games',
        },
        { path: '/srv/data', directory: true, owner: '33:33', mode: '2775' },
        { path: '/etc/alternatives/example', link: '/usr/local/bin/tool' },
        // It would take the NIC that carries the root.
        {
          path: '/etc/systemd/network/50-dhcp.network',
          content: '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n',
        },
        // Of a package that fills the folder of a boot loader: it would fail in an image.
        { path: '/etc/initramfs/post-update.d/loader', content: '#!/bin/sh\nexit 1\n', mode: '0755' },
      ],
    },
  },
  { uses: 'hostname', with: { name: 'node.example.org' } },
  { uses: 'locale', with: { lang: 'de_DE.UTF-8', timezone: 'Europe/Berlin', keymap: 'de' } },
  {
    uses: 'users',
    with: {
      root: { 'authorized-keys': [KEY] },
      users: [
        { name: 'alice', uid: 1234, groups: ['adm'], sudo: 'nopasswd', 'password-hash': 'file:hash' },
        { name: 'bob', 'authorized-keys': ['file:bob.pub'], comment: 'Bob' },
        { name: 'games', existing: true, groups: ['adm'], 'password-hash': 'file:hash' },
      ],
    },
  },
  { uses: 'fstab' },
  { uses: 'iscsi-initiator' },
  { uses: 'network' },
  {
    uses: 'run',
    with: {
      script:
        'test "$TOKEN" = canary\nprintf "%s\\n" "$WORD" "$(ls /sys/class/net 2>/dev/null)" > /srv/ran\n',
      environment: { WORD: 'hello' },
      secrets: { TOKEN: 'file:token' },
    },
  },
  { uses: 'run', with: { file: 'setup', network: true } },
  { uses: 'initramfs', with: { modules: ['dm_mod'] } },
  {
    uses: 'services',
    with: {
      enable: ['fstrim.timer', 'serial-getty@ttyS7'],
      disable: ['e2scrub_reap'],
      mask: ['apt-daily.timer', 'not-there'],
      'default-target': 'multi-user.target',
    },
  },
  { uses: 'sysctl', with: { values: { 'net.ipv4.ip_forward': 1, '-net.none': 2 } } },
  { uses: 'time-servers', with: { servers: ['ntp.example.org', '192.0.2.1'] } },
  {
    uses: 'cron',
    with: {
      jobs: [
        { schedule: '*/10 2-4 1,15 jan-Mar MON-5', user: 'bob', command: 'date +%F >> /tmp/when' },
        { schedule: '@reboot', command: 'true' },
      ],
      environment: { MAILTO: '', PATH: '/usr/local/bin:/usr/bin:/bin' },
    },
  },
  { uses: 'seal' },
];

/** As the bootstrap notes it; the base tree of the tests is older. */
const STARTED = Math.floor(Date.now() / 1000);

let folder: string;
let rig: StageRig;
const shell = async (script: string) => (await rig.exec(['sh', '-c', script])).trim();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-machine-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'files', 'etc', 'example'), { recursive: true });
  await mkdir(join(folder, 'files', 'bin'));
  await writeFile(join(folder, 'files', 'etc', 'example', 'motd'), 'This is @{name}.\n');
  await writeFile(join(folder, 'files', 'bin', 'tool'), '#!/bin/sh\n', { mode: 0o711 });
  await symlink('/etc/example/motd', join(folder, 'files', 'etc', 'motd'));
  await writeFile(join(folder, 'hash'), `${HASH}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'token'), 'canary\n', { mode: 0o600 });
  await writeFile(join(folder, 'bob.pub'), `# Bob\n${KEY}\n`);
  await writeFile(
    join(folder, 'setup'),
    '#!/bin/bash\nset -o pipefail\ngetent ahosts localhost | head -1 > /srv/setup\n',
  );
  rig = await runStages(STEPS, { recipe: { folder } });
  expect(rig.failure?.toRecord()).toBeUndefined();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('packages', () => {
  it('are whole, recorded, and held as told', async () => {
    expect(await shell('dpkg --audit; apt-mark showhold')).toBe('linux-image-amd64');
    const lines = (await shell("dpkg-query -W -f '${Package} ${Version} ${Architecture}\\n'")).split('\n');
    const recorded = rig.records['packages'] as { name: string; version: string; architecture: string }[];
    const own = recorded.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`);
    expect(own.sort()).toEqual(lines.sort());
  });
  it('bring nothing that they merely recommend', async () => {
    expect(await shell('dpkg -s dhcpcd-base isc-dhcp-client xauth 2>/dev/null || true')).toBe('');
  });
  it('made progress', () => {
    const seen = new Set(rig.events.flatMap((event) => (event.type === 'progress' ? [event.what] : [])));
    // Lists and packages may be there from other tests of the run.
    const here = [...seen].filter((what) => !what.startsWith('fetch '));
    expect(here).toEqual(['unpack', 'configure']);
  });
});

describe('files', () => {
  it.each([
    ['/etc/example', '750 0 4 4096 directory'],
    ['/etc/example/motd', '640 0 4 19 regular file'],
    ['/usr/bin/tool', '755 0 0 10 regular file'],
    ['/etc/default/example', '600 5 60 12 regular file'],
    ['/srv/data', '2775 33 33 4096 directory'],
  ])('%s has its owner and mode', async (path, facts) => {
    expect(await rig.stat(path)).toBe(facts);
  });
  it('have their content', async () => {
    const judged = await shell(
      'cat /etc/motd /etc/default/example; readlink /bin /etc/motd /etc/alternatives/example',
    );
    expect(judged.split('\n')).toEqual([
      'This is a machine.',
      'A=a machine',
      'usr/bin',
      '/etc/example/motd',
      '/usr/local/bin/tool',
    ]);
  });
});

describe('the system', () => {
  it('has its name, language, time and keyboard', async () => {
    const judged = await shell(
      'cat /etc/hostname; getent hosts node; . /etc/default/locale; LC_ALL=$LANG env -u TZ date -d @0 +%A.%Z; cat /etc/timezone; grep LAYOUT /etc/default/keyboard',
    );
    expect(judged.split('\n').map((line) => line.replace(/\s+/g, ' '))).toEqual([
      'node',
      '127.0.1.1 node.example.org node',
      'Donnerstag.CET',
      'Europe/Berlin',
      'XKBLAYOUT="de"',
    ]);
  });

  it('has its accounts, and a root that no password opens', async () => {
    const judged = await shell(
      'id alice; getent passwd bob; getent passwd games; id -nG games; grep -E "^(root|games|alice|bob):" /etc/shadow | cut -d: -f1,2,3; visudo -cq && sudo -l -U alice | tail -1',
    );
    expect(judged.split('\n').map((line) => line.trim())).toEqual([
      'uid=1234(alice) gid=1234(alice) groups=1234(alice),4(adm)',
      'bob:x:1235:1235:Bob:/home/bob:/bin/bash',
      'games:x:5:60:games:/usr/games:/usr/sbin/nologin',
      'games adm',
      'root:*:20454',
      `games:${HASH}:20454`,
      `alice:${HASH}:20454`,
      'bob:*:20454',
      '(ALL : ALL) NOPASSWD: ALL',
    ]);
    expect(await rig.stat('/root/.ssh/authorized_keys')).toBe(`600 0 0 ${KEY.length + 1} regular file`);
    expect(await rig.stat('/home/bob/.ssh')).toBe('700 1235 1235 4096 directory');
  });

  it('lets keys in by SSH, and no password', async () => {
    const judged = await shell(
      'ssh-keygen -A >/dev/null; mkdir -p /run/sshd; sshd -T | grep -iE "^(permitrootlogin|passwordauth|kbdinter|permitempty)"',
    );
    expect(judged.split('\n').sort()).toEqual([
      'kbdinteractiveauthentication no',
      'passwordauthentication no',
      'permitemptypasswords no',
      'permitrootlogin without-password',
    ]);
  });

  it('mounts what the disk has', async () => {
    const judged = await shell(
      'findmnt --fstab --noheadings --raw --output SOURCE,TARGET,FSTYPE,OPTIONS; ls -d /boot/efi',
    );
    const uuid = (name: string) =>
      RIG_RECIPE.disk.partitions.find((each) => each.name === name)?.filesystemUuid;
    expect(judged.split('\n')).toEqual([
      `UUID=${uuid('root')} / ext4 noatime,errors=remount-ro`,
      `UUID=${uuid('esp')} /boot/efi vfat umask=0077,nofail,noatime`,
      `UUID=${uuid('swap')} none swap sw,nofail,_netdev`,
      '/boot/efi',
    ]);
  });
});

describe('the initiator', () => {
  it('is set for a root on one path, and enabled', async () => {
    const judged = await shell(
      'grep -E "^(node.startup|node.session.auth.authmethod|node.session.timeo.repl|node.conn.0..timeo.noop)" /etc/iscsi/iscsid.conf; cat /etc/iscsi/iscsi.initramfs /etc/iscsi/initiatorname.iscsi; systemctl is-enabled iscsid.service open-iscsi.service',
    );
    expect(judged.split('\n')).toEqual([
      'node.startup = manual',
      'node.session.auth.authmethod = CHAP',
      'node.session.timeo.replacement_timeout = 86400',
      'node.conn[0].timeo.noop_out_interval = 0',
      'node.conn[0].timeo.noop_out_timeout = 0',
      '# Target, initiator and secret come from the iSCSI Boot Firmware Table (iBFT).',
      'ISCSI_AUTO=true',
      'GenerateName=yes',
      'enabled',
      'enabled',
    ]);
  });
});

describe('the network', () => {
  it('is left alone by ifupdown and networkd', async () => {
    expect(await shell('ifquery --list --all; ifquery lo >/dev/null && echo lo-ok')).toBe('lo\nlo-ok');
    expect(await shell('ls /etc/systemd/network')).toBe('00-boot-nic.network\n50-dhcp.network');
    expect(await shell('cat /etc/systemd/network/00-*')).toContain('KeepConfiguration=yes');
    expect(rig.events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        message:
          '/etc/systemd/network/50-dhcp.network would take the boot NIC when the system starts: ' +
          '/etc/systemd/network/00-boot-nic.network comes before, and leaves all Ethernet devices alone.',
      }),
    );
    expect(await shell('systemctl is-enabled boot-nic-dns.service ssh-host-keys.service')).toBe(
      'enabled\nenabled',
    );
    expect(
      await shell(
        'systemd-analyze verify --man=no boot-nic-dns.service ssh-host-keys.service iscsid.service systemd-networkd-wait-online.service 2>&1',
      ),
    ).toBe('');
  });

  it('hands on the name servers of the initramfs', async () => {
    const judged = await shell(`
      printf "DEVICE='eth0'\\nIPV4DNS0='192.0.2.53'\\nIPV4DNS1='0.0.0.0'\\nDNSDOMAIN='example.org'\\nDOMAINSEARCH='lab.example.org example.org'\\n" > /run/net-eth0.conf
      printf "IPV6DNS0='2001:db8::53'\\n" > /run/net6-eth0.conf
      ${DNS_SCRIPT_PATH}
      cat /etc/resolv.conf
      touch /usr/lib/systemd/systemd-resolved
      ${DNS_SCRIPT_PATH}
      cat /run/systemd/resolved.conf.d/boot-nic.conf`);
    expect(judged.split('\n')).toEqual([
      'search lab.example.org example.org',
      'nameserver 192.0.2.53',
      'nameserver 2001:db8::53',
      '[Resolve]',
      'DNS=192.0.2.53 2001:db8::53',
      'Domains=lab.example.org example.org',
    ]);
  });
  it('goes without name servers when the initramfs learned none', async () => {
    expect(
      await shell(`: > /run/net-eth0.conf; ${DNS_SCRIPT_PATH}; ls /run/boot-nic 2>/dev/null || true`),
    ).toBe('');
  });
});

describe('services', () => {
  it('are enabled, disabled and masked, as the system sees it', async () => {
    const units =
      'fstrim.timer serial-getty@ttyS7.service e2scrub_reap.service apt-daily.timer not-there.service';
    const judged = await shell(`systemctl is-enabled ${units} || true; systemctl get-default`);
    expect(judged.split('\n')).toEqual([
      'enabled',
      'enabled',
      'disabled',
      'masked',
      'masked',
      'multi-user.target',
    ]);
    expect(rig.events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        message: 'The image has no unit not-there.service; it is masked all the same.',
      }),
    );
  });
});

describe('what the system reads at its start', () => {
  it('sets parameters of the kernel', async () => {
    const judged = await shell('/usr/lib/systemd/systemd-sysctl --cat-config | grep -A2 /60-');
    expect(judged.split('\n')).toEqual([
      '# /etc/sysctl.d/60-13-sysctl.conf',
      'net.ipv4.ip_forward = 1',
      '-net.none = 2',
    ]);
  });
  it('asks the time servers', async () => {
    const judged = await shell(
      'systemd-analyze cat-config systemd/timesyncd.conf | grep -A1 "^\\[Time\\]" | tail -2',
    );
    expect(judged).toBe('[Time]\nNTP=ntp.example.org 192.0.2.1');
  });
});

describe('jobs of cron', () => {
  it('are in a file of the step, which cron reads as what they are', async () => {
    expect(await shell("stat -c '%n %a %U' /etc/cron.d/*-cron")).toBe('/etc/cron.d/15-cron 644 root');
    expect(await shell('cat /etc/cron.d/15-cron')).toBe(
      [
        'MAILTO=""',
        'PATH="/usr/local/bin:/usr/bin:/bin"',
        '*/10 2-4 1,15 jan-Mar MON-5 bob date +\\%F >> /tmp/when',
        '@reboot root true',
      ].join('\n'),
    );
    // Its own judge reads crontabs without a user: the same, but for that.
    const judged = await shell(
      "sed -E 's/ (bob|root) / /' /etc/cron.d/15-cron | crontab -u root - && crontab -u root -l | grep -c . && crontab -u root -r",
    );
    expect(judged).toBe('4');
    const refused = await rig.exec(['sh', '-c', "echo '61 * * * * a' | crontab -u root - 2>&1 || true"]);
    expect(refused).toContain('bad minute');
    expect(await shell('systemctl is-enabled cron')).toBe('enabled');
  });
});

describe('scripts', () => {
  it('ran, with their secrets, and without the network unless they asked', async () => {
    expect(await shell('cat /srv/ran')).toBe('hello');
    expect(await shell('cat /srv/setup')).toMatch(/^(::1|127\.0\.0\.1) /);
  });
  it('left nothing behind but what they did', async () => {
    expect(await shell('ls -A / | grep lunsmith || true')).toBe('');
    expect(await shell("grep -rlE 'canary' /etc /srv /root /home /var 2>/dev/null || true")).toBe('');
    expect(JSON.stringify(rig.events)).not.toContain('canary');
    expect(JSON.stringify(rig.events)).not.toContain(HASH);
  });
});

describe('the initramfs', () => {
  it('is the one that mkinitramfs makes without our shortcuts', async () => {
    const judged = await shell(
      `version=$(ls /usr/lib/modules); SOURCE_DATE_EPOCH=${RIG_RECIPE.epoch} mkinitramfs -o /tmp/plain $version && cmp /tmp/plain /boot/initrd.img-$version && readlink -e /initrd.img /vmlinuz | sed "s/$version/VERSION/"; ls /usr/share/initramfs-tools/conf-hooks.d`,
    );
    expect(judged.split('\n').slice(0, 2)).toEqual(['/boot/initrd.img-VERSION', '/boot/vmlinuz-VERSION']);
    expect(judged).not.toContain('lunsmith');
  });
  it('holds what logs in, checks the root, and loads what was asked for', async () => {
    const judged = await shell(
      'unmkinitramfs $(readlink -e /initrd.img) /tmp/i && cd /tmp/i && if [ -d main ]; then cd main; fi; ls -l etc/iscsi.initramfs | cut -c1-10; cat etc/initiatorname.iscsi; tail -1 conf/modules | xargs; ls usr/sbin/fsck.ext4 sbin/fsck.ext4 2>/dev/null | head -1; find . -name iscsi_tcp.ko | wc -l; cat conf/conf.d/lunsmith',
    );
    expect(judged.split('\n')).toEqual([
      '-rw-------',
      'GenerateName=yes',
      'dm_mod',
      'sbin/fsck.ext4',
      '1',
      'MODULES=most',
      'COMPRESS=zstd',
      'FSTYPE=ext4',
      'RESUME=none',
    ]);
  });
  it('leaves the boot loader of the machine alone, which its hooks will see to', async () => {
    expect(await rig.stat('/etc/initramfs/post-update.d/loader')).toBe('755 0 0 17 regular file');
  });
  it('was generated once', () => {
    const lines = rig.events.flatMap((event) => (event.type === 'output' ? [event.line] : []));
    expect(lines.filter((line) => line.startsWith('update-initramfs: Generating'))).toHaveLength(1);
  });
});

describe('the seal', () => {
  it('leaves nothing of one machine', async () => {
    expect(await rig.stat('/etc/machine-id')).toBe('444 0 0 0 regular empty file');
    expect(await shell('readlink /var/lib/dbus/machine-id; ls /etc/ssh | grep host_ || true')).toBe(
      '/etc/machine-id',
    );
  });
  it('leaves no logs, lists, caches and copies', async () => {
    const judged = await shell(
      'find /var/log /tmp /var/tmp /var/lib/apt/lists /var/cache/apt /var/cache/man /var/backups -type f -size +0 2>/dev/null; find /etc /var/lib/dpkg -maxdepth 1 \\( -name "*-" -o -name "*-old" -o -name "*.dpkg-*" \\); ls /etc/apt | grep lunsmith || true',
    );
    expect(judged).toBe('');
  });
  it('leaves no time of the build', async () => {
    expect(await rig.changed()).toContain('initrd.img');
    const judged = await shell(
      `find / -xdev -newermt @${STARTED} | grep -vE "^/(proc|run|tmp|dev|usr/sbin|usr/sbin/policy-rc.d)?$" || true`,
    );
    expect(judged).toBe('');
  });
});
