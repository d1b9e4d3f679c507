import { expect, it } from 'vitest';
import { findSymptom } from '../../../artifacts/release/symptoms.js';
import { CONSOLE } from '../../util/manifest.js';

it.each([
  ['Could not open SAN device: Operation not permitted (http://ipxe.org/410d613c)', 'san-refused'],
  ['Could not open SAN device: Connection refused (http://ipxe.org/0f0a6095)', undefined],
  ['SAN boot failed, next attempt in 5 seconds', undefined],
  ['SAN boot failed, giving up', 'san-failed'],
  ['Direct boot failed, giving up', 'download-failed'],
  ['Press Ctrl-B for the iPXE command line...       No bootable device.', 'no-boot-device'],
  ['No more network devices', 'no-boot-device'],
  ['grub rescue> ', 'boot-loader'],
  ['Missing OS', 'boot-loader'],
  ['Failed to load ldlinux.c32', 'boot-loader'],
  ['Could not find kernel image: /vmlinuz', 'boot-loader'],
  ['error: no such device: 6c816f51-0613-45e7-a15b-bc2d5cd00f88.', 'boot-loader'],
  [
    'iscsistart: initiator reported error (24 - iSCSI login failed due to authorization failure)',
    'initramfs-refused',
  ],
  ['iscsistart: Login authentication failed with target iqn.2026-01.org.example:disk', 'initramfs-refused'],
  ['iscsistart: initiator reported error (15 - session exists)', undefined],
  ['(initramfs) ', 'initramfs-shell'],
  ['[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs', 'panic'],
  ['[  175.321437]  session1: session recovery timed out after 86400 secs', 'root-lost'],
  ['[  175.340074] EXT4-fs (sda4): Remounting filesystem read-only', 'root-lost'],
  ['[   12.340074] EXT4-fs (sda4): re-mounted. Quota mode: none.', undefined],
  ['You are in emergency mode. After logging in, type "journalctl -xb"', 'emergency'],
  ['[  OK  ] Reached target emergency.target', undefined],
])('%s', (line, kind) => {
  expect(findSymptom(line, CONSOLE)).toEqual(kind === undefined ? undefined : { kind, line: line.trim() });
});
