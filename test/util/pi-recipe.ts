/** The shipped recipes for Raspberry Pis without what only takes time where a board is emulated: for tests that boot it. */
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PiOsImage } from './pi-os-image.js';

/** Neither the boot nor what the gate looks at asks for them. */
const LEFT_OUT = [
  ...['openssh-server', 'ca-certificates', 'iputils-ping', 'systemd-timesyncd', 'libpam-systemd', 'dbus'],
];
/** Nobody has its other half. */
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Hk3vB0m1u7Yw8Zr2Qk9m5c1t0nXb4a6e7d8f9g0h1 pi@example.org';
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'systemd-tmpfiles-clean.timer'],
  ...['getty@tty1.service', 'getty-static.service', 'systemd-update-utmp.service'],
  ...['dm_mod', 'efi_pstore', 'fuse', 'loop'].map((module) => `modprobe@${module}.service`),
];

/** With all drivers there are the initramfs takes minutes to make, and to read where it boots. These are the cards of the boards and that of the gate. */
const MODULES = [
  'dwc2',
  ...['smsc95xx', 'lan78xx', 'genet'],
  'usbnet',
  'cdc_ether',
  'rndis_host',
  'bcm2835_wdt',
  'sd_mod',
  'ext4',
  'iscsi_tcp',
];

/** Steps that every recipe for the emulated board changes. */
const EMULATED = [
  {
    name: 'emulated',
    uses: 'files',
    after: 'packages',
    with: {
      files: [{ path: '/etc/initramfs-tools/conf.d/zz-few', content: 'MODULES=list\n' }],
    },
  },
  { name: 'initramfs', with: { modules: MODULES } },
  {
    name: 'mask',
    uses: 'run',
    after: 'hostname',
    with: { script: `systemctl mask ${MASKED.join(' ')}` },
  },
];

/**
 * Writes the recipe into a new folder `<home>/<name>`, which is returned; releases have its name.
 * @param parameters more kernel parameters
 */
export function writePiRecipe(
  home: string,
  name: string,
  { parameters = [] }: { readonly parameters?: readonly string[] } = {},
): Promise<string> {
  return writeExtending(home, name, 'debian-raspberry-pi', {
    steps: [
      { name: 'packages', with: { install: { remove: LEFT_OUT } } },
      ...EMULATED,
      { name: 'locale', remove: true },
      { name: 'users', remove: true },
    ],
    kernel: { 'command-line': { add: parameters } },
  });
}

/** The shipped recipe for Raspberry Pi OS, with one package and one account more, on the image of pi-os-image.ts. */
export function writePiOsRecipe(home: string, name: string, { path, sha256 }: PiOsImage): Promise<string> {
  return writeExtending(home, name, 'raspberry-pi-os', {
    variables: {
      image: { type: 'path', default: path },
      sha256: { type: 'string', default: sha256 },
      'disk-size': { type: 'size', default: '3G' },
    },
    steps: [
      { name: 'packages', with: { install: { add: ['pv'] } } },
      ...EMULATED,
      {
        name: 'users',
        with: {
          users: { add: [{ name: 'pi', existing: true, groups: ['adm'], 'authorized-keys': [KEY] }] },
          // The server is left out: its keys take minutes to make where the board is emulated.
          sshd: { unset: true },
        },
      },
    ],
  });
}

async function writeExtending(home: string, name: string, recipe: string, changes: object): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder);
  // `extends` is a path from the recipe's folder, links resolved.
  const parent = relative(await realpath(folder), join(process.cwd(), 'recipes', recipe));
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify({ name, extends: parent, ...changes }));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  return folder;
}
