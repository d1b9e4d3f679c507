import { describe, expect, it } from 'vitest';
import { qemuArgv } from '../../gate/qemu.js';
import { piQemuArgv } from '../../gate/raspberry-pi/qemu.js';

const COMMON = {
  mac: '52:54:00:00:00:01',
  netdev: 'user,id=net',
  capture: '/evidence/network.pcap',
} as const;

describe('qemuArgv', () => {
  it('makes a BIOS machine under software emulation', () => {
    expect(
      qemuArgv({ ...COMMON, firmware: 'bios', accelerator: 'tcg', oemString: '/run/a,b/credential' }),
    ).toEqual([
      'qemu-system-x86_64',
      '-nodefaults',
      '-no-user-config',
      '-S',
      '-no-reboot',
      '-machine',
      'q35,graphics=off,vmport=off',
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-cpu',
      'qemu64',
      '-smp',
      '1',
      '-m',
      '1024',
      '-display',
      'none',
      '-device',
      'VGA',
      '-chardev',
      'pipe,id=serial,path=serial',
      '-serial',
      'chardev:serial',
      '-qmp',
      'unix:qmp,server=on,wait=off',
      '-netdev',
      'user,id=net',
      '-device',
      'virtio-net-pci,netdev=net,mac=52:54:00:00:00:01,bootindex=0',
      '-object',
      'filter-dump,id=capture,netdev=net,file=/evidence/network.pcap,maxlen=160',
      '-device',
      'virtio-rng-pci',
      '-boot',
      'strict=on',
      '-smbios',
      'type=11,path=/run/a,,b/credential',
    ]);
  });

  it('gives a UEFI machine its firmware, variables of its own and no option ROM where it is not wanted', () => {
    const argv = qemuArgv({
      ...COMMON,
      firmware: 'uefi',
      accelerator: 'kvm',
      variables: '/run/variables.fd',
      optionRom: false,
    });
    expect(argv).toContain('if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd');
    expect(argv).toContain('if=pflash,format=raw,unit=1,file=/run/variables.fd');
    expect(argv).toContain('virtio-net-pci,netdev=net,mac=52:54:00:00:00:01,bootindex=0,romfile=');
    expect(argv.join(' ')).toContain('-accel kvm -cpu host,-arch-capabilities');
    expect(argv).not.toContain('-smbios');
  });

  it('lets an iPXE with a script play the ROM of the card', () => {
    const argv = qemuArgv({ ...COMMON, firmware: 'bios', accelerator: 'tcg', romScript: '/run/rom.ipxe' });
    expect(argv.join(' ')).toContain('-kernel /usr/lib/ipxe/ipxe.lkrn -initrd /run/rom.ipxe');
    expect(argv).toContain('virtio-net-pci,netdev=net,mac=52:54:00:00:00:01,bootindex=1,romfile=');
  });
});

it('ends a Raspberry Pi that resets, for its firmware to be played again', () => {
  const loaded = { kernel: '/k', deviceTree: '/d', initramfs: '/i', commandLine: 'quiet' };
  const argv = piQemuArgv({
    architecture: 'arm64',
    loaded,
    mac: 'b8:27:eb:00:00:01',
    netdev: 'user,id=net',
    capture: '/c',
    append: 'a=b',
  });
  expect(argv).toContain('-no-reboot');
  expect(argv.join(' ')).toContain('-kernel /k -dtb /d -initrd /i -append quiet a=b module_blacklist=vchiq,');
});
