/** Configurations in an image that would take the boot NIC from the initramfs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsOf, takes } from '../../../stages/network/claims.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { testFolder } from '../../artifacts/formats/tools.js';

const DHCP = '\n[Network]\nDHCP=yes\n';

describe('a file of systemd-networkd', () => {
  it.each([
    // Where the name of the boot NIC is not known.
    ['[Match]\nName=en*', undefined, true],
    ['[Match]\nName=eth* wlan*', undefined, true],
    ['[Match]\nName=*', undefined, true],
    ['[Match]\nName=!lo', undefined, true],
    ['[Match]\nType=ether', undefined, true],
    ['[Match]\nType=ether\nKind=!*', undefined, true],
    ['# for all\n[Match]\n Name = en[op]* ', undefined, true],
    ['[Match]\nName=eno2', undefined, false],
    ['[Match]\nName=wl*', undefined, false],
    ['[Match]\nName=vnet*', undefined, false],
    ['[Match]\nType=wlan', undefined, false],
    ['[Match]\nName=e*\nKind=bridge', undefined, false],
    ['[Match]\nName=e*\nMACAddress=52:54:00:12:34:56', undefined, false],
    ['[Match]\nName=e*\nVirtualization=container', undefined, false],
    ['# nothing', undefined, false],
    // Where it is.
    ['[Match]\nName=en*', 'eno1', true],
    ['[Match]\nName=eno1', 'eno1', true],
    ['[Match]\nName=eno[12]', 'eno1', true],
    ['[Match]\nName=!eno1 !lo', 'eno1', false],
    ['[Match]\nName=eno2', 'eno1', false],
    ['[Match]\nName=enp?s0', 'eno1', false],
    ['[Match]\nName=en[!p]1', 'eno1', true],
    ['[Match]\nName=en[', 'eno1', false],
    ['[Match]\nName=en[p-', undefined, true],
  ])('%j of a client whose boot NIC is %s: %s', (text, nic, expected) => {
    expect(takes(`${text}${DHCP}`, nic)).toBe(expected);
    for (const kept of ['KeepConfiguration=yes', 'KeepConfiguration=true'])
      expect(takes(`${text}${DHCP}${kept}\n`, nic)).toBe(false);
    expect(takes(`${text}${DHCP}[Link]\nUnmanaged=yes\n`, nic)).toBe(false);
  });
});

it('are found where systemd and netplan look, in the order in which they count', async () => {
  await using folder = await testFolder();
  const files = {
    'etc/systemd/network/50-dhcp.network': `[Match]\nName=en*${DHCP}`,
    'usr/lib/systemd/network/20-wired.network': `[Match]\nType=ether${DHCP}`,
    // Hidden by the administrator's file of the same name.
    'usr/lib/systemd/network/30-masked.network': `[Match]\nType=ether${DHCP}`,
    'etc/systemd/network/30-masked.network': '',
    'etc/systemd/network/40-note.txt': `[Match]\nType=ether${DHCP}`,
    'etc/netplan/50-cloud-init.yaml':
      'network: { ethernets: { all: { match: { name: "en*" }, dhcp4: true }, eno2: { dhcp4: true }, kept: { match: { name: "e*" }, critical: true } } }',
    'etc/netplan/60-nm.yaml':
      'network: { renderer: NetworkManager, ethernets: { any: { match: { name: "*" } } } }',
    'etc/netplan/70-broken.yaml': 'network: [',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(folder.at(path)), { recursive: true });
    await writeFile(folder.at(path), text);
  }
  expect(await claimsOf(rootTree(folder.path), undefined)).toEqual([
    { path: '/etc/netplan/50-cloud-init.yaml', name: '10-netplan-all.network' },
    { path: '/usr/lib/systemd/network/20-wired.network', name: '20-wired.network' },
    { path: '/etc/systemd/network/50-dhcp.network', name: '50-dhcp.network' },
  ]);
});
