import { expect, it } from 'vitest';
import { type GrubConfig, grubConfig } from '../../../artifacts/formats/grub-config.js';
import { serialPort } from '../../../artifacts/formats/loader-config.js';
import { failureOf } from './tools.js';

const config: GrubConfig = {
  boot: { kernel: '/vmlinuz', initramfs: '/initrd.img' },
  previous: { kernel: '/vmlinuz.old', initramfs: '/initrd.img.old' },
  title: 'Debian GNU/Linux 12 (bookworm)',
  uuid: '44444444-5555-4666-8777-888888888888',
  parameters: [
    'root=UUID=44444444-5555-4666-8777-888888888888',
    'ro',
    'console=tty0',
    'console=ttyS0,115200',
    'iscsi_auto',
  ],
  serial: { unit: 0, baud: 115200 },
  menuSeconds: 1,
};

it('is a menu on screen and serial console', () => {
  expect(grubConfig(config).split('\n')).toEqual([
    'if serial --unit=0 --speed=115200 --word=8 --parity=no --stop=1; then',
    '  terminal_input console serial',
    '  terminal_output console serial',
    'fi',
    'set timeout=1',
    'set default=0',
    'search --no-floppy --fs-uuid --set=root 44444444-5555-4666-8777-888888888888',
    '',
    "menuentry 'Debian GNU/Linux 12 (bookworm)' {",
    "  echo 'Loading Debian GNU/Linux 12 (bookworm) ...'",
    '  linux /vmlinuz root=UUID=44444444-5555-4666-8777-888888888888 ro console=tty0 console=ttyS0,115200 iscsi_auto',
    '  initrd /initrd.img',
    '}',
    'if [ -f /vmlinuz.old ]; then',
    "  menuentry 'Debian GNU/Linux 12 (bookworm), previous kernel' {",
    "    echo 'Loading Debian GNU/Linux 12 (bookworm), previous kernel ...'",
    '    linux /vmlinuz.old root=UUID=44444444-5555-4666-8777-888888888888 ro console=tty0 console=ttyS0,115200 iscsi_auto',
    '    initrd /initrd.img.old',
    '  }',
    'fi',
    'if [ -f /boot/grub/custom.cfg ]; then',
    '  source /boot/grub/custom.cfg',
    'fi',
    '',
  ]);
});

const serial = (...commandLine: string[]) =>
  grubConfig({ ...config, serial: serialPort(commandLine) }).split('\n')[0];

it.each([
  [['quiet'], 'terminal_input console'],
  [['console=ttyS1'], 'if serial --unit=1 --speed=9600 --word=8 --parity=no --stop=1; then'],
  [['console=ttyS0,57600n8'], 'if serial --unit=0 --speed=57600 --word=8 --parity=no --stop=1; then'],
  [['console=ttyAMA0,115200'], 'terminal_input console'],
])('%j: %s', (commandLine, first) => {
  expect(serial(...commandLine)).toBe(first);
});

it.each([
  ['dyndbg="file drivers/scsi/* +p"', `'dyndbg="file drivers/scsi/* +p"'`],
  ["name='x'", String.raw`'name='\''x'\'''`],
  ['a;b', "'a;b'"],
  ['$root', "'$root'"],
  ['ip=:::::eth0:dhcp', 'ip=:::::eth0:dhcp'],
  ['rd.x=~a-b_c.d/e@f%g+h', 'rd.x=~a-b_c.d/e@f%g+h'],
])('quotes %s', (parameter, quoted) => {
  expect(grubConfig({ ...config, parameters: ['ro', parameter] })).toContain(` ro ${quoted}\n`);
});

it.each(['', 'a\nb', 'a\0'])('refuses the parameter %j', (parameter) => {
  const failure = failureOf(() => grubConfig({ ...config, parameters: ['ro', parameter] }));
  expect(failure.kind).toBe('recipe');
  expect(failure.diagnostics).toEqual([
    {
      what: `The kernel parameter ${JSON.stringify(parameter)} cannot stand on a command line.`,
      expected: 'text without control characters',
    },
  ]);
});
