import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernel } from '../../stages/distribution/debian/kernel.js';
import { requireBoots } from '../../stages/raspberry-pi-firmware/boots.js';
import { piCommandLine } from '../../stages/raspberry-pi-firmware/command-line.js';
import { configEdits, writeConfig } from '../../stages/raspberry-pi-firmware/config.js';
import { fillFolder } from '../../stages/raspberry-pi-firmware/folder.js';
import { raspberryPiFirmware } from '../../stages/raspberry-pi-firmware.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';

const VERSION = '6.1.0-50-arm64';
const ARM64 = Buffer.alloc(4096);
ARM64.write('ARM\x64', 56, 'latin1');
const FILES: Readonly<Record<string, string | Buffer>> = {
  [`boot/vmlinuz-${VERSION}`]: ARM64,
  [`boot/initrd.img-${VERSION}`]: 'initramfs',
  [`usr/lib/linux-image-${VERSION}/broadcom/bcm2837-rpi-3-b.dtb`]: 'dtb',
  [`usr/lib/linux-image-${VERSION}/broadcom/bcm2837-rpi-3-b-plus.dtb`]: 'dtb',
  [`usr/lib/linux-image-${VERSION}/broadcom/bcm2711-rpi-4-b.dtb`]: 'dtb',
  ...Object.fromEntries(
    ['bootcode.bin', 'start.elf', 'fixup.dat', 'start4.elf', 'fixup4.dat'].map((name) => [
      `usr/lib/raspi-firmware/${name}`,
      name,
    ]),
  ),
};

async function tree(without = /^$/): Promise<TestFolder> {
  const folder = await testFolder();
  for (const [path, content] of Object.entries(FILES)) {
    if (without.test(path)) continue;
    await mkdir(dirname(folder.at(path)), { recursive: true });
    await writeFile(folder.at(path), content);
  }
  await symlink(`boot/vmlinuz-${VERSION}`, folder.at('vmlinuz'));
  await symlink(`boot/initrd.img-${VERSION}`, folder.at('initrd.img'));
  return folder;
}

const MODELS = ['3B', '3B+', '4B'] as const;

async function filled(folder: TestFolder, models: readonly ('3B' | '3B+' | '4B' | '5')[] = MODELS) {
  const root = rootTree(folder.path);
  const { version, settings } = await fillFolder(root, kernel, 'arm64');
  await writeConfig(root, configEdits({ architecture: 'arm64', settings, more: [] }));
  await root.write('/boot/firmware/cmdline.txt', 'root=UUID=1\n');
  const warnings: string[] = [];
  await requireBoots({ warn: (message) => void warnings.push(message) }, root, models);
  return { version, warnings };
}

describe('the folder', () => {
  it('boots each model, with an initramfs that another may follow', async () => {
    await using folder = await tree();
    expect(await filled(folder)).toEqual({ version: VERSION, warnings: [] });
    expect((await stat(folder.at('boot/firmware/initrd.img'))).size).toBe(12);
    expect(await readFile(folder.at('boot/firmware/config.txt'), 'utf8')).toBe(
      [
        '# What the firmware of a Raspberry Pi starts. The TFTP server has it too, beside a client.cpio of each client.',
        'arm_64bit=1',
        'enable_uart=1',
        'upstream_kernel=1',
        'kernel=vmlinuz',
        'auto_initramfs=0',
        'initramfs initrd.img,client.cpio followkernel',
        '',
      ].join('\n'),
    );
  });

  it('keeps what an imported system has in its config.txt, with its filters', async () => {
    await using folder = await tree();
    const before = 'dtparam=audio=on\nauto_initramfs=1\n[cm4]\notg_mode=1\n[all]\n';
    await mkdir(folder.at('boot/firmware'), { recursive: true });
    await writeFile(folder.at('boot/firmware/config.txt'), before);
    await filled(folder);
    const text = await readFile(folder.at('boot/firmware/config.txt'), 'utf8');
    expect(text).toMatch(/^dtparam=audio=on\nauto_initramfs=0\n\[cm4\]\notg_mode=1\n\[all\]\narm_64bit=1\n/);
  });

  it('hands out no kernel and no initramfs of an imported system besides its own', async () => {
    await using folder = await tree();
    await mkdir(folder.at('boot/firmware/overlays'), { recursive: true });
    const before = [
      'kernel.img',
      'kernel7l.img',
      'kernel8.img',
      'kernel_2712.img',
      'initramfs8',
      'initramfs_2712',
    ];
    const kept = ['overlays/README', 'kernel8.img.txt', 'issue.txt'];
    for (const name of [...before, ...kept]) await writeFile(folder.at(`boot/firmware/${name}`), 'before');
    expect((await filled(folder)).warnings).toEqual([]);
    const names = await readdir(folder.at('boot/firmware'), { recursive: true });
    expect(names).toEqual(expect.arrayContaining([...kept, 'vmlinuz', 'initrd.img']));
    expect(names.filter((name) => before.includes(name))).toEqual([]);
  });

  it('takes the kernel of an imported system for the Raspberry Pi’s own where its device trees are', async () => {
    await using folder = await tree();
    const trees = folder.at(`usr/lib/linux-image-${VERSION}/broadcom`);
    for (const name of ['bcm2710-rpi-3-b.dtb', 'bcm2710-rpi-3-b-plus.dtb'])
      await writeFile(`${trees}/${name}`, 'dtb');
    expect((await filled(folder)).warnings).toEqual([]);
    expect(await readFile(folder.at('boot/firmware/config.txt'), 'utf8')).toContain('upstream_kernel=0\n');
  });

  it('takes firmware and device trees that only the boot partition of an imported system had', async () => {
    await using folder = await tree(/dtb$|raspi-firmware/);
    for (const [path, content] of Object.entries(FILES)) {
      if (!/dtb$|raspi-firmware/.test(path)) continue;
      await mkdir(folder.at('boot/firmware'), { recursive: true });
      await writeFile(folder.at(`boot/firmware/${basename(path)}`), content);
    }
    expect(await filled(folder)).toEqual({ version: VERSION, warnings: [] });
  });

  it.each<readonly [string, RegExp, string]>([
    [
      'firmware',
      /raspi-firmware/,
      'The root tree has no firmware of a Raspberry Pi: /usr/lib/raspi-firmware is empty or not there.',
    ],
    ['device trees', /dtb$/, `The root tree has no device trees for Linux ${VERSION}.`],
    [
      'the device tree of a model',
      /rpi-4-b/,
      'A Raspberry Pi 4B would not boot: Without the device tree of its model the kernel does not start.',
    ],
    [
      'a part of the firmware',
      /start4\.elf/,
      'A Raspberry Pi 4B would not boot: The Pi stops: this firmware of the VideoCore is missing.',
    ],
  ])('is refused without %s', async (_, without, message) => {
    await using folder = await tree(without);
    await expect(filled(folder)).rejects.toMatchObject({ kind: 'recipe', message });
  });

  it.each([
    ['cmdline=other.txt\n', 'other.txt'],
    ['include more.txt\n', 'other.img'],
    ['os_prefix=old/\n', 'old/vmlinuz'],
    ['[pi4]\ninitramfs other.img\n[all]\n', undefined],
  ])('with a config.txt that leads elsewhere is refused: %j', async (config, elsewhere) => {
    await using folder = await tree();
    await mkdir(folder.at('boot/firmware/old'), { recursive: true });
    const put = (name: string, text: string) => writeFile(folder.at(`boot/firmware/${name}`), text);
    for (const name of ['other.txt', 'other.img', 'old/vmlinuz', 'old/initrd.img', 'old/cmdline.txt'])
      await put(name, 'old');
    for (const name of ['3-b', '3-b-plus'].map((each) => `bcm2837-rpi-${each}`).concat('bcm2711-rpi-4-b'))
      await put(`old/${name}.dtb`, 'dtb');
    await put('old/client.cpio', 'old.');
    // Written where our own settings stand, so that what follows them wins.
    await put('config.txt', `kernel=a\ninitramfs a\nauto_initramfs=1\n${config}`);
    await put('more.txt', 'kernel=other.img\n');
    if (elsewhere === undefined) {
      expect((await filled(folder)).warnings).toEqual([]);
      return;
    }
    await expect(filled(folder)).rejects.toMatchObject({
      kind: 'recipe',
      message: `A Raspberry Pi 3B, 3B+, 4B would not boot: Its kernel, initramfs and command line would not be those of the release, but ${elsewhere}.`,
    });
  });

  it('is refused for a model that its kernel has no device tree for', async () => {
    await using folder = await tree();
    await expect(filled(folder, ['5'])).rejects.toThrow('A Raspberry Pi 5 would not boot');
  });
});

it('a command line asks for an address by DHCP unless the recipe says otherwise', () => {
  expect(piCommandLine(['root=UUID=1', 'ro'], ['quiet'])).toEqual(['root=UUID=1', 'ro', 'ip=dhcp', 'quiet']);
  expect(piCommandLine(['root=UUID=1', 'ro'], ['ip=::::pi::off'])).toEqual([
    'root=UUID=1',
    'ro',
    'ip=::::pi::off',
  ]);
});

it.each([
  ['arm64', []],
  ['armhf', [{ path: ['models', 1], what: 'A Raspberry Pi 5 starts no kernel of 32 bits.' }]],
])('a Pi 5 in a recipe for %s', (architecture, findings) => {
  const check = {
    options: raspberryPiFirmware.options.parse({ models: ['4B', '5'] }),
    recipe: { platform: 'raspberry-pi', architecture },
  };
  expect(raspberryPiFirmware.check?.(check as never)).toMatchObject(findings);
});

describe('options', () => {
  it.each([{}, { models: ['5'] }, { config: [{ key: 'gpu_mem', value: 16 }] }, { hold: false }])(
    '%j',
    (given) => {
      expect(raspberryPiFirmware.options.safeParse(given).success).toBe(true);
    },
  );
  it.each([
    { models: [] },
    { models: ['2B'] },
    { config: [{ key: 'gpu mem', value: '1' }] },
    { config: [{ key: 'a', value: 'x'.repeat(99) }] },
    { config: [{ key: 'a', value: '1\n2' }] },
    { config: [{ key: 'a', value: '1', filter: '[pi4]' }] },
  ])('refuse %j', (given) => {
    expect(raspberryPiFirmware.options.safeParse(given).success).toBe(false);
  });
});
