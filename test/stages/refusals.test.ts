/** What the stages refuse when they find the root tree other than the recipe thinks; what they say besides stands in refusals.txt. */
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { StageContext, StageDefinition } from '../../pipeline/stage.js';
import { debian } from '../../stages/distribution/debian/index.js';
import { stages } from '../../stages/index.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { testFolder } from '../artifacts/formats/tools.js';
import { RIG_RECIPE } from '../util/rig-recipe.js';

interface Given {
  readonly packages?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** What every secret reference leads to. */
  readonly secret?: string;
}

async function refusal(uses: string, options: object, { packages = [], files = {}, secret = '' }: Given) {
  await using folder = await testFolder();
  const rootfs = folder.at('root');
  await mkdir(rootfs);
  const tree = rootTree(rootfs);
  const status = packages.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n`);
  await tree.write('/var/lib/dpkg/status', status.join('\n'));
  for (const [path, text] of Object.entries(files)) await tree.write(path, text);
  const stage: StageDefinition | undefined = stages.get(uses);
  if (stage === undefined) throw new Error(`no stage ${uses}`);
  const context: Partial<StageContext<unknown>> = {
    step: uses,
    options: stage.options.parse(options),
    recipe: RIG_RECIPE,
    distribution: debian,
    rootfs,
    epoch: RIG_RECIPE.epoch,
    chroot: () => Promise.resolve({ stdout: '', stderr: '', exitCode: 0 }),
    secret: () => Promise.resolve(secret),
    recorded: () => undefined,
    record: () => undefined,
    progress: () => undefined,
    warn: () => undefined,
    uuid: () => '00000000-0000-4000-8000-000000000000',
  };
  try {
    await stage.run(context as StageContext<unknown>);
  } catch (error) {
    return Failure.from(error);
  }
  throw new Error('nothing was refused');
}

const PASSWD = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\ngames:x:5:60::/:/bin/sh\n',
  '/etc/group': 'root:x:0:\n',
};
const SYSTEMD = { '/usr/lib/systemd/systemd': '', '/usr/lib/systemd/system/ssh.service': '' };
const KERNEL = { '/boot/vmlinuz-6.1': '', '/usr/lib/modules/6.1/modules.builtin': '' };

const CASES: readonly (readonly [string, object, Given, string, string])[] = [
  [
    'locale',
    { lang: 'de_DE.UTF-8' },
    {},
    'recipe',
    'The locale de_DE.UTF-8 needs the package locales, which is not installed.',
  ],
  [
    'locale',
    { lang: 'de_XX.UTF-8' },
    { packages: ['locales'], files: { '/usr/share/i18n/SUPPORTED': 'de_DE.UTF-8 UTF-8\n' } },
    'recipe',
    'There is no locale de_XX.UTF-8.',
  ],
  [
    'locale',
    { timezone: 'Europe/Berlin' },
    {},
    'recipe',
    'The time zone Europe/Berlin needs the package tzdata, which is not installed.',
  ],
  [
    'locale',
    { timezone: 'Europe/Bern' },
    { packages: ['tzdata'] },
    'recipe',
    'There is no time zone Europe/Bern.',
  ],
  [
    'network',
    { vlan: 5 },
    { packages: ['initramfs-tools'] },
    'recipe',
    'The package iproute2 is not installed, whose ip makes the VLAN in the initramfs.',
  ],
  ['users', { users: [{ name: 'games' }] }, { files: PASSWD }, 'recipe', 'The user games exists already.'],
  ['users', { users: [{ name: 'pi', existing: true }] }, { files: PASSWD }, 'recipe', 'There is no user pi.'],
  [
    'users',
    { users: [{ name: 'a', groups: ['docker'] }] },
    { files: PASSWD },
    'recipe',
    'The group docker of the user a does not exist.',
  ],
  [
    'users',
    { users: [{ name: 'a', sudo: 'password' }] },
    { files: PASSWD },
    'recipe',
    'The user a shall use sudo, which is not installed.',
  ],
  [
    'users',
    { root: { 'password-hash': 'env:HASH' } },
    { files: PASSWD, secret: 'hunter2' },
    'recipe',
    'What `env:HASH` holds is not a password hash.',
  ],
  [
    'users',
    { sshd: {} },
    { files: PASSWD },
    'recipe',
    'The option `sshd` needs the package openssh-server, which is not installed.',
  ],
  [
    'files',
    { files: [{ path: '/etc', content: 'x' }] },
    { files: PASSWD },
    'recipe',
    '/etc is a directory in the image and cannot be replaced by a file or symlink.',
  ],
  [
    'files',
    { files: [{ path: '/etc/x', content: 'x', owner: 'nobody' }] },
    { files: PASSWD },
    'recipe',
    'The root tree has no user nobody.',
  ],
  ['services', { enable: ['ssh'] }, {}, 'recipe', 'The image has no systemd, whose units the step is about.'],
  ['services', { enable: ['shh'] }, { files: SYSTEMD }, 'recipe', 'The image has no unit shh.service.'],
  [
    'services',
    { disable: ['getty@tty9'] },
    { files: SYSTEMD },
    'recipe',
    'The image has no unit getty@tty9.service.',
  ],
  // systemctl of this test says nothing: the unit is not enabled.
  ['services', { enable: ['ssh'] }, { files: SYSTEMD }, 'recipe', 'The unit ssh.service cannot be enabled.'],
  ['cloud-init', { 'user-data': 'cloud.yaml' }, {}, 'recipe', 'The image has no cloud-init.'],
  [
    'time-servers',
    { servers: ['a.example.org'] },
    {},
    'recipe',
    'Nothing in the image takes the time from servers.',
  ],
  [
    'time-servers',
    { servers: ['a.example.org'] },
    { files: { '/usr/sbin/chronyd': '', '/etc/chrony/chrony.conf': 'pool a.example.org\n' } },
    'recipe',
    '/etc/chrony/chrony.conf does not read /etc/chrony/sources.d.',
  ],
  [
    'cron',
    { jobs: [{ schedule: '@daily', command: 'a' }] },
    {},
    'recipe',
    'Nothing in the image runs jobs of cron.',
  ],
  ['iscsi-initiator', {}, {}, 'recipe', 'The package open-iscsi is not installed.'],
  ['network', { manager: 'netplan' }, {}, 'recipe', 'The network manager netplan is not installed.'],
  ['initramfs', {}, {}, 'recipe', 'No kernel is installed.'],
  ['initramfs', {}, { files: KERNEL }, 'recipe', 'The package initramfs-tools is not installed.'],
  [
    'initramfs',
    {},
    { files: KERNEL, packages: ['initramfs-tools'] },
    'recipe',
    'The initramfs shall be compressed by zstd, which is not installed.',
  ],
  [
    'initramfs',
    {},
    { files: { ...KERNEL, '/usr/bin/zstd': '' }, packages: ['initramfs-tools'] },
    'integrity',
    'The initramfs of Linux 6.1 cannot mount a root on iSCSI.',
  ],
  ['seal', {}, {}, 'integrity', 'The root tree has no /bin/sh.'],
  [
    'seal',
    {},
    { files: { '/bin/sh': '#!/bin/busybox' } },
    'integrity',
    '/bin/sh of the root tree is for another machine.',
  ],
];

it.each(CASES)('%s %j', async (uses, options, given, kind, what) => {
  const failure = await refusal(uses, options, given);
  expect([failure.kind, failure.diagnostics[0].what]).toEqual([kind, what]);
});

it('each tells what it found, and what to do', async () => {
  const texts: string[] = [];
  for (const [uses, options, given] of CASES) {
    const lines = (await refusal(uses, options, given)).diagnostics.map(({ what, expected, found, hint }) =>
      Object.entries({ what, expected, found, hint })
        .filter(([, words]) => words !== undefined)
        .map(([name, words]) => `  ${name}: ${words}\n`)
        .join(''),
    );
    texts.push(`${uses} ${JSON.stringify(options)}\n${lines.join('')}`);
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('refusals.txt');
});
