/** The shipped recipe for Raspberry Pis without what only takes time where a board is emulated: for tests that boot it. */
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Neither the boot nor what the gate looks at asks for them. */
const LEFT_OUT = [
  ...['openssh-server', 'ca-certificates', 'iputils-ping', 'systemd-timesyncd', 'libpam-systemd', 'dbus'],
];
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'systemd-tmpfiles-clean.timer'],
  ...['getty@tty1.service', 'getty-static.service', 'systemd-update-utmp.service'],
  ...['dm_mod', 'efi_pstore', 'fuse', 'loop'].map((module) => `modprobe@${module}.service`),
];

/** With all drivers there are the initramfs takes minutes to make, and to read where it boots. These are the board's and the gate's card. */
const MODULES = [
  'dwc2',
  'usbnet',
  'cdc_ether',
  'rndis_host',
  'bcm2835_wdt',
  'sd_mod',
  'ext4',
  'iscsi_tcp',
  'iscsi_ibft',
];

/**
 * Writes the recipe into a new folder `<home>/<name>`, which is returned; releases have its name.
 * @param parameters more kernel parameters
 */
export async function writePiRecipe(
  home: string,
  name: string,
  { parameters = [] }: { readonly parameters?: readonly string[] } = {},
): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder);
  // `extends` is a path from the recipe's folder, links resolved.
  const parent = relative(await realpath(folder), join(process.cwd(), 'recipes/debian-raspberry-pi'));
  const recipe = {
    name,
    extends: parent,
    steps: [
      { name: 'packages', with: { install: { remove: LEFT_OUT } } },
      {
        name: 'few-modules',
        uses: 'files',
        after: 'packages',
        with: { files: [{ path: '/etc/initramfs-tools/conf.d/zz-few', content: 'MODULES=list\n' }] },
      },
      { name: 'initramfs', with: { modules: MODULES } },
      { name: 'locale', remove: true },
      { name: 'users', remove: true },
      {
        name: 'mask',
        uses: 'run',
        after: 'hostname',
        with: { script: `systemctl mask ${MASKED.join(' ')}` },
      },
    ],
    kernel: { 'command-line': { add: parameters } },
  };
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify(recipe));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  return folder;
}
