/**
 * A system for tests whose subject is how releases come to machines, not what is in them: it boots over iSCSI as the
 * shipped recipes do, with a kernel that has the drivers of the gate's machine and few others, and without services that
 * only take time where the machine is emulated.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What no test waits for. The login is on the serial console. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'systemd-tmpfiles-clean.timer'],
  ...['getty@tty1.service', 'getty-static.service', 'systemd-update-utmp.service'],
  ...['dm_mod', 'efi_pstore', 'fuse', 'loop'].map((module) => `modprobe@${module}.service`),
];

const INSTALLED = [
  ...['linux-image-cloud-amd64', 'zstd', 'e2fsprogs'],
  ...['systemd-sysv', 'udev', 'open-iscsi', 'iproute2'],
];
const GENERATORS = {
  'initramfs-tools': ['initramfs-tools', 'busybox'],
  dracut: ['dracut', 'dracut-network', 'klibc-utils'],
};

export interface ClientRecipe {
  /** Of Debian; default bookworm. */
  readonly suite?: string;
  /** What makes its initramfs; default initramfs-tools. */
  readonly generator?: keyof typeof GENERATORS;
  /** Packages besides those that it needs to boot. */
  readonly packages?: readonly string[];
  /** Options of the step `iscsi-initiator`. */
  readonly initiator?: object;
  /** Options of the step `network`; default none. */
  readonly network?: object;
  /** Steps after the packages. */
  readonly steps?: readonly { readonly uses: string; readonly with: unknown }[];
  /** Options of its root's partition besides those that it has. */
  readonly root?: Readonly<Record<string, unknown>>;
  /** Options of its disk besides the layout. */
  readonly disk?: Readonly<Record<string, unknown>>;
}

/** Writes the recipe into a new folder `<home>/<name>`, which is returned; releases have its name. */
export async function writeClientRecipe(
  home: string,
  name: string,
  {
    suite = 'bookworm',
    generator = 'initramfs-tools',
    packages = [],
    initiator = {},
    network,
    steps = [],
    root = {},
    disk = {},
  }: ClientRecipe = {},
): Promise<string> {
  const folder = join(home, name);
  const mask = `systemctl mask ${MASKED.join(' ')}`;
  const recipe = {
    name,
    description: 'A machine that boots quickly where it is emulated.',
    architecture: 'amd64',
    steps: [
      // As in the shipped recipes, whose step this is then.
      { uses: 'debootstrap', with: { suite, documentation: false } },
      { uses: 'packages', with: { install: [...INSTALLED, ...GENERATORS[generator], ...packages] } },
      ...steps,
      { uses: 'hostname' },
      { name: 'mask', uses: 'run', with: { script: mask } },
      { uses: 'fstab' },
      { uses: 'iscsi-initiator', with: initiator },
      { uses: 'network', ...(network === undefined ? {} : { with: network }) },
      { uses: 'initramfs' },
      { uses: 'seal' },
    ],
    disk: {
      table: 'gpt',
      size: '3G',
      ...disk,
      partitions: [
        { name: 'bios', type: 'bios-boot', size: '3M' },
        { name: 'esp', type: 'esp', size: '64M' },
        { name: 'root', type: 'linux', size: 'grow', mount: '/', ...root },
      ],
    },
    kernel: { 'command-line': ['console=ttyS0,115200'] },
  };
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify(recipe));
  return folder;
}
