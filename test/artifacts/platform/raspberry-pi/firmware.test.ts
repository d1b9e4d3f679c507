import { describe, expect, test } from 'vitest';
import type { Played } from '../../../../artifacts/platform/raspberry-pi/firmware.js';
import { MODEL_NAMES } from '../../../../artifacts/platform/raspberry-pi/models.js';
import { below, FILES, notesOf, play, type Tree } from './a-tree.js';

const HERE = '12345678/';
const tree = (config: string, more: Tree = {}) => below(HERE, { ...FILES, 'config.txt': config, ...more });
const started = ({ start }: Played) => {
  if (start === undefined) throw new Error('It did not start.');
  return start;
};

describe('what a tree with everything starts', () => {
  test.each([
    ['3B', '', 'kernel7.img', 32, 'bcm2710-rpi-3-b.dtb', 'initramfs7'],
    ['3B', 'arm_64bit=1', 'kernel8.img', 64, 'bcm2710-rpi-3-b.dtb', 'initramfs8'],
    ['3B', 'kernel=kernel8.img', 'kernel8.img', 64, 'bcm2710-rpi-3-b.dtb', 'initramfs8'],
    ['3B+', 'arm_64bit=1', 'kernel8.img', 64, 'bcm2710-rpi-3-b-plus.dtb', 'initramfs8'],
    ['3B+', 'arm_64bit=1\nupstream_kernel=1', 'kernel8.img', 64, 'bcm2837-rpi-3-b-plus.dtb', 'initramfs8'],
    ['4B', '', 'kernel8.img', 64, 'bcm2711-rpi-4-b.dtb', 'initramfs8'],
    ['4B', 'arm_64bit=0', 'kernel7l.img', 32, 'bcm2711-rpi-4-b.dtb', 'initramfs7l'],
    ['5', '', 'kernel_2712.img', 64, 'bcm2712-rpi-5-b.dtb', 'initramfs_2712'],
    ['5', 'arm_64bit=0', 'kernel_2712.img', 64, 'bcm2712-rpi-5-b.dtb', 'initramfs_2712'],
    ['5', 'kernel=kernel8.img', 'kernel8.img', 64, 'bcm2712-rpi-5-b.dtb', 'initramfs8'],
  ] as const)('%s with %j', async (model, config, kernel, bits, deviceTree, initramfs) => {
    const played = await play(model, tree(`auto_initramfs=1\n${config}\n`));
    expect(notesOf(played)).toEqual([]);
    expect(started(played)).toEqual({
      kernel: HERE + kernel,
      bits,
      deviceTree: HERE + deviceTree,
      overlays: [],
      initramfs: [HERE + initramfs],
      commandLineFile: `${HERE}cmdline.txt`,
      commandLine: 'root=UUID=1 ro',
    });
  });

  test('a Pi 5 without a kernel of its own runs that of the others', async () => {
    const files = tree('auto_initramfs=1');
    const { [`${HERE}kernel_2712.img`]: _, ...others } = files;
    expect(started(await play('5', others)).kernel).toBe(`${HERE}kernel8.img`);
  });
});

describe('what is asked for, in order', () => {
  const config = 'arm_64bit=1\ninitramfs initramfs8 followkernel\n';
  test('by a Pi 3, whose ROM knows bootcode.bin alone', async () => {
    const { asked } = await play('3B', tree(config));
    expect(asked.map(({ path }) => path)).toEqual([
      'bootcode.bin',
      `${HERE}start.elf`,
      `${HERE}config.txt`,
      `${HERE}fixup.dat`,
      `${HERE}kernel8.img`,
      `${HERE}bcm2710-rpi-3-b.dtb`,
      `${HERE}initramfs8`,
      `${HERE}cmdline.txt`,
    ]);
  });
  test('by a Pi 4, whose EEPROM has that program', async () => {
    const { asked } = await play('4B', tree(config));
    expect(asked.slice(0, 3).map(({ path }) => path)).toEqual([
      `${HERE}start4.elf`,
      `${HERE}config.txt`,
      `${HERE}fixup4.dat`,
    ]);
  });
  test('by a Pi 5, which has all firmware in its EEPROM', async () => {
    const { asked } = await play('5', tree(config));
    expect(asked.map(({ path }) => path)).not.toContain(`${HERE}start4.elf`);
    expect(asked[0]).toEqual({ path: `${HERE}config.txt`, found: true });
  });
  test('below the MAC address where the EEPROM is set so', async () => {
    const files = below('dc-a6-32-01-36-c2/', { ...FILES, 'config.txt': config });
    const played = await play('4B', files, { prefix: { mac: 'DC:A6:32:01:36:C2' } });
    expect(started(played).kernel).toBe('dc-a6-32-01-36-c2/kernel8.img');
  });
});

describe('the prefix', () => {
  test.each([
    ['3B', 'start.elf'],
    ['3B+', 'start.elf'],
    ['4B', 'start4.elf'],
    ['5', 'config.txt'],
  ] as const)('a %s drops it silently without %s', async (model, probe) => {
    const { [`${HERE}${probe}`]: _, ...others } = tree('auto_initramfs=1');
    const root = { ...FILES, 'config.txt': 'auto_initramfs=1' };
    const played = await play(model, { ...root, ...others });
    expect(notesOf(played)).toEqual([`prefix-dropped ${HERE}${probe}`]);
    expect(started(played).kernel).not.toContain('/');
  });

  test.each(['12345678', '0000000012345678', '100000AB12345678', 'ffffffff12345678'])(
    'is the last eight digits of %s',
    async (serial) => {
      expect(notesOf(await play('5', tree('auto_initramfs=1'), { serial }))).toEqual([]);
    },
  );

  test('where the root has nothing either, the Pi stops', async () => {
    const played = await play('3B', { 'bootcode.bin': 4 });
    expect(notesOf(played)).toEqual([`prefix-dropped ${HERE}start.elf`, 'missing! start.elf']);
    expect(played.start).toBeUndefined();
  });
});

describe('what is missing', () => {
  test.each([
    ['3B', 'fixup.dat', `missing! ${HERE}fixup.dat`],
    ['4B', 'fixup4.dat', `missing! ${HERE}fixup4.dat`],
    ['3B', 'kernel8.img', `missing! ${HERE}kernel8.img`],
    ['3B', 'bcm2710-rpi-3-b.dtb', `missing! ${HERE}bcm2710-rpi-3-b.dtb`],
    ['5', 'cmdline.txt', `missing! ${HERE}cmdline.txt`],
    ['4B', 'initramfs8', `missing! ${HERE}initramfs8`],
  ] as const)('a %s without %s', async (model, name, note) => {
    const { [`${HERE}${name}`]: _, ...others } = tree('arm_64bit=1\nauto_initramfs=1');
    const played = await play(model, others);
    expect(notesOf(played)).toEqual([note]);
    expect(played.start).toBeUndefined();
  });

  test('a Pi 3 without bootcode.bin in the root does not begin', async () => {
    const { 'bootcode.bin': _, ...others } = tree('');
    const played = await play('3B', others);
    expect(notesOf(played)).toEqual(['missing! bootcode.bin']);
    expect(played.asked).toEqual([{ path: 'bootcode.bin', found: false }]);
  });
});

describe('os_prefix', () => {
  const release = (more: Tree = {}) =>
    tree('arm_64bit=1\nauto_initramfs=1\nos_prefix=r2/\n', {
      'r2/kernel8.img': 4,
      'r2/bcm2710-rpi-3-b.dtb': 4,
      'r2/initramfs8': 4,
      'r2/cmdline.txt': 'root=UUID=2\n',
      ...more,
    });
  test('leads to kernel, device tree, initramfs and command line', async () => {
    const played = await play('3B', release());
    expect(notesOf(played)).toEqual([]);
    expect(started(played)).toMatchObject({
      kernel: `${HERE}r2/kernel8.img`,
      deviceTree: `${HERE}r2/bcm2710-rpi-3-b.dtb`,
      initramfs: [`${HERE}r2/initramfs8`],
      commandLine: 'root=UUID=2',
    });
  });
  test.each(['kernel8.img', 'bcm2710-rpi-3-b.dtb'])('is ignored without %s beneath it', async (name) => {
    const { [`${HERE}r2/${name}`]: _, ...others } = release();
    const played = await play('3B', others);
    expect(notesOf(played)).toEqual([`os-prefix-ignored ${HERE}r2/`]);
    expect(started(played)).toMatchObject({ kernel: `${HERE}kernel8.img`, commandLine: 'root=UUID=1 ro' });
  });
  test('does not lead overlays without its README, nor names with a slash in front', async () => {
    const config =
      'arm_64bit=1\nos_prefix=r2/\nkernel=/vmlinuz\ndtoverlay=disable-bt\ninitramfs initramfs8 0';
    const more = { 'config.txt': config, vmlinuz: 4, 'overlays/disable-bt.dtbo': 4 };
    expect(started(await play('3B', release(more)))).toMatchObject({
      kernel: `${HERE}vmlinuz`,
      deviceTree: `${HERE}r2/bcm2710-rpi-3-b.dtb`,
      overlays: [{ path: `${HERE}overlays/disable-bt.dtbo`, parameters: [] }],
    });
    const own = { ...more, 'r2/overlays/README': 4, 'r2/overlays/disable-bt.dtbo': 4 };
    expect(started(await play('3B', release(own))).overlays).toEqual([
      { path: `${HERE}r2/overlays/disable-bt.dtbo`, parameters: [] },
    ]);
  });
  test('is `upstream/` for an upstream kernel that is there, and without a word none elsewhere', async () => {
    const config = 'upstream_kernel=1\nauto_initramfs=1';
    expect(notesOf(await play('4B', tree(config)))).toEqual([]);
    const there = { 'upstream/kernel8.img': 4, 'upstream/bcm2711-rpi-4-b.dtb': 4, 'upstream/initramfs8': 4 };
    const played = await play('4B', tree(config, { ...there, 'upstream/cmdline.txt': 'quiet' }));
    expect(started(played)).toMatchObject({ kernel: `${HERE}upstream/kernel8.img`, commandLine: 'quiet' });
  });
});

describe('the initramfs', () => {
  test('may be several files, each a multiple of four bytes but the last', async () => {
    const played = await play(
      '4B',
      tree('initramfs initramfs8,client followkernel', { initramfs8: 6, client: 5 }),
    );
    expect(started(played).initramfs).toEqual([`${HERE}initramfs8`, `${HERE}client`]);
    expect(notesOf(played)).toEqual([`initramfs-unaligned ${HERE}initramfs8`]);
  });
  test('is named within 80 characters of a line', async () => {
    const name = 'x'.repeat(70);
    const fits = `initramfs ${name}`;
    expect(notesOf(await play('4B', tree(fits, { [name]: 4 })))).toEqual([]);
    const long = `initramfs initramfs8,${'y'.repeat(60)} followkernel`;
    const played = await play('4B', tree(long, { ['y'.repeat(60)]: 4 }));
    expect(notesOf(played)[0]).toBe('initramfs-line-long config.txt:1');
    expect(notesOf(played)[1]).toBe(`missing! ${HERE}${'y'.repeat(59)}`);
  });
  test('is not named with `=`', async () => {
    expect(notesOf(await play('4B', tree('initramfs=initramfs8')))).toEqual([
      `initramfs-equals! ${HERE}config.txt:1`,
    ]);
  });
  test('is missed where nothing names one', async () => {
    expect(notesOf(await play('4B', tree('')))).toEqual(['no-initramfs config.txt']);
    expect(notesOf(await play('4B', tree('auto_initramfs=1\nkernel=vmlinuz', { vmlinuz: 4 })))).toEqual([
      'no-initramfs config.txt',
    ]);
  });
  test('of `auto_initramfs` gives way to one that is named', async () => {
    const played = await play('4B', tree('auto_initramfs=1\ninitramfs other followkernel', { other: 4 }));
    expect(started(played).initramfs).toEqual([`${HERE}other`]);
  });
});

test('a command line is the first line of its file', async () => {
  const more = { 'cmdline.txt': 'console=tty1 \r\nroot=UUID=1\n' };
  const played = await play('4B', tree('auto_initramfs=1', more));
  expect(started(played).commandLine).toBe('console=tty1');
  expect(notesOf(played)).toEqual([`command-line-lines ${HERE}cmdline.txt`]);
});

describe('overlays', () => {
  test('with what they are told', async () => {
    const config =
      'auto_initramfs=1\ndtoverlay=vc4-kms-v3d,cma-256\ndtparam=audio=off\ndtoverlay=none-such\ndtoverlay=';
    const played = await play('4B', tree(config, { 'overlays/vc4-kms-v3d.dtbo': 4 }));
    expect(started(played).overlays).toEqual([
      { path: `${HERE}overlays/vc4-kms-v3d.dtbo`, parameters: ['cma-256', 'audio=off'] },
    ]);
    expect(notesOf(played)).toEqual([`missing ${HERE}overlays/none-such.dtbo`]);
  });
});

describe('the firmware of the VideoCore', () => {
  test.each([
    ['3B', 'start_x=1', 'start_x.elf', 'fixup_x.dat'],
    ['3B', 'gpu_mem=16', 'start_cd.elf', 'fixup_cd.dat'],
    ['3B', 'start_debug=1', 'start_db.elf', 'fixup_db.dat'],
    ['4B', 'start_x=1', 'start4x.elf', 'fixup4x.dat'],
    ['4B', 'gpu_mem=16', 'start4cd.elf', 'fixup4cd.dat'],
    ['4B', 'start_file=a.elf\nfixup_file=a.dat', 'a.elf', 'a.dat'],
  ] as const)('of a %s with %j', async (model, config, start, fixup) => {
    const without = await play(model, tree(`auto_initramfs=1\n${config}`));
    expect(notesOf(without)).toEqual([`missing! ${HERE}${start}`]);
    const with_ = await play(model, tree(`auto_initramfs=1\n${config}`, { [start]: 4, [fixup]: 4 }));
    expect(notesOf(with_)).toEqual([]);
  });
  test('is not chosen by an included file, which its loader does not read', async () => {
    const more = { 'more.txt': 'start_x=1\narm_64bit=1' };
    const played = await play('3B', tree('auto_initramfs=1\ninclude more.txt', more));
    expect(notesOf(played)).toEqual([]);
    expect(started(played).kernel).toBe(`${HERE}kernel8.img`);
  });
});

test.each(MODEL_NAMES)('a %s takes nothing from an empty network', async (model) => {
  expect((await play(model, {})).start).toBeUndefined();
});
