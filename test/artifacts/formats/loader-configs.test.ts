import { expect, it } from 'vitest';
import { insertCommands, insertedSize } from '../../../artifacts/formats/ext4-insert.js';
import { type LoaderConfig, serialPort } from '../../../artifacts/formats/loader-config.js';
import { paddedConfig, syslinuxConfig } from '../../../artifacts/formats/syslinux/config.js';
import { systemdBootConfig } from '../../../artifacts/formats/systemd-boot.js';
import { failureOf } from './tools.js';

const config: LoaderConfig = {
  title: 'Debian GNU/Linux 12 (bookworm)',
  parameters: ['root=UUID=44444444-5555-4666-8777-888888888888', 'ro', 'quiet'],
  menuSeconds: 2,
  boot: { kernel: '/vmlinuz', initramfs: '/initrd.img' },
};

it('SYSLINUX waits at its prompt, on the serial port too', () => {
  const serial = serialPort(['console=tty0', 'console=ttyS1,57600n8']);
  const previous = { kernel: '/vmlinuz.old', initramfs: '/initrd.img.old' };
  expect(syslinuxConfig({ ...config, serial, previous }).split('\n')).toEqual([
    'SERIAL 1 57600',
    'PROMPT 1',
    'TIMEOUT 20',
    'DEFAULT linux',
    'SAY Loading Debian GNU/Linux 12 (bookworm) ...',
    'LABEL linux',
    '  LINUX /vmlinuz',
    '  INITRD /initrd.img',
    '  APPEND root=UUID=44444444-5555-4666-8777-888888888888 ro quiet',
    'LABEL previous',
    '  LINUX /vmlinuz.old',
    '  INITRD /initrd.img.old',
    '  APPEND root=UUID=44444444-5555-4666-8777-888888888888 ro quiet',
    '',
  ]);
});

it('SYSLINUX starts at once where the menu waits for nothing', () => {
  // TIMEOUT 0 would be for ever.
  const lines = syslinuxConfig({ ...config, menuSeconds: 0 }).split('\n');
  expect(lines.slice(0, 2)).toEqual(['PROMPT 0', 'DEFAULT linux']);
});

it('SYSLINUX is not told a command line that it would cut', () => {
  const long = (length: number) => ({ ...config, parameters: ['x'.repeat(length)] });
  expect(syslinuxConfig(long(2047))).toContain('x'.repeat(2047));
  expect(failureOf(() => syslinuxConfig(long(2048))).diagnostics).toEqual([
    {
      what: 'The kernel command line is longer than SYSLINUX can hand to a kernel.',
      expected: 'at most 2047 characters',
      found: '2048',
      hint: 'Make `kernel.command-line` shorter, or use `loader: grub`.',
    },
  ]);
});

it('every configuration of EXTLINUX is as long as any other', () => {
  const [short, long] = [paddedConfig('DEFAULT a\n'), paddedConfig(syslinuxConfig(config))];
  expect([short.length, long.length]).toEqual([8192, 8192]);
  expect(short.toString()).toBe(`DEFAULT a\n${'\n'.repeat(8182)}`);
  expect(failureOf(() => paddedConfig('x'.repeat(8193))).kind).toBe('internal');
});

it('systemd-boot has one entry', () => {
  expect([...systemdBootConfig(config)]).toEqual([
    ['loader/loader.conf', 'default linux.conf\ntimeout 2\n'],
    [
      'loader/entries/linux.conf',
      'title Debian GNU/Linux 12 (bookworm)\nlinux /vmlinuz\ninitrd /initrd.img\noptions root=UUID=44444444-5555-4666-8777-888888888888 ro quiet\n',
    ],
  ]);
});

it('files are added to an ext4 by commands of debugfs, and take blocks and inodes with their folder', () => {
  const files = [
    { path: '/boot/extlinux/ldlinux.sys', bytes: Buffer.alloc(4097), immutable: true },
    { path: '/boot/extlinux/extlinux.conf', bytes: Buffer.alloc(4096) },
  ];
  expect(insertCommands(files).split('\n')).toEqual([
    'mkdir /boot/extlinux',
    'rm /boot/extlinux/ldlinux.sys',
    'write insert-0 /boot/extlinux/ldlinux.sys',
    'set_inode_field /boot/extlinux/ldlinux.sys flags 0x80010',
    'rm /boot/extlinux/extlinux.conf',
    'write insert-1 /boot/extlinux/extlinux.conf',
    '',
  ]);
  expect(insertedSize(files)).toEqual({ blocks: 4, inodes: 3 });
});
