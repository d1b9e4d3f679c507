import { describe, expect, it } from 'vitest';
import { MILESTONES } from '../../base/event.js';
import {
  chainOf,
  createProgress,
  MILESTONE_WORDS,
  milestoneOfConsole,
  milestoneOfDnsmasq,
  startsOf,
} from '../../gate/milestones.js';
import { CONSOLE, smallManifest } from '../util/manifest.js';

describe('the console', () => {
  it.each([
    ['net0: 10.0.2.15/255.255.255.0 gw 10.0.2.2', 'dhcp'],
    ['net0: fd6c:756e:736d:0:5054:ff:fe12:3456/64 gw fe80::1', undefined],
    ['  Station IP address is 10.77.0.10', 'dhcp'],
    ['tftp://10.77.0.1/client.ipxe... ok', 'tftp'],
    ['tftp://10.77.0.1/client.ipxe... Permission denied (http://ipxe.org/0212603c)', undefined],
    ['  NBP file downloaded successfully.', 'tftp'],
    ['SAN boot, attempt 1', 'ipxe'],
    ['Direct boot, attempt 2', 'ipxe'],
    ['Registered SAN device 0x80', 'san-login'],
    ['Welcome to GRUB!', 'boot-loader'],
    ['Welcome to GR', 'boot-loader'],
    ['Welcome to Debian GNU/Linux 12 (bookworm)!', 'root-mount'],
    ['GRUB loading...', 'boot-loader'],
    ['GNU GRUB  version 2.06-13+deb12u2', 'boot-loader'],
    ['EXTLINUX 6.04 20191223 Copyright (C) 1994-2015 H. Peter Anvin et al', 'boot-loader'],
    ['SYSLINUX 6.04 EDD 20191223 Copyright (C) 1994-2015 H. Peter Anvin et al', 'boot-loader'],
    ['[    0.000000] Linux version 6.1.0-50-amd64', 'kernel'],
    ['Loading, please wait...', 'kernel'],
    ['Starting systemd-udevd version 252.39-1~deb12u2', 'kernel'],
    [
      'iscsistart: Connection1:0 to [target: iqn.2026-01.org.example:disk, portal: 10.77.0.1,3260] through [iface: default] is operational now',
      'initramfs-login',
    ],
    ['Begin: Running /scripts/local-bottom ... done.', 'root-mount'],
    ['Welcome to Debian GNU/Linux 12 (bookworm)!', 'root-mount'],
    [
      '[    4.123456] EXT4-fs (sda3): mounted filesystem with ordered data mode. Quota mode: none.',
      'root-mount',
    ],
    ['GET / HTTP/1.1', undefined],
  ])('%s', (line, milestone) => expect(milestoneOfConsole(line, CONSOLE)).toBe(milestone));
});

describe('dnsmasq', () => {
  it.each([
    ['dnsmasq-dhcp[9]: 3801882689 DHCPOFFER(gate0) 10.77.0.10 52:54:00:12:34:56 ', undefined],
    ['dnsmasq-dhcp[9]: 3801882689 DHCPACK(gate0) 10.77.0.10 52:54:00:12:34:56 ', 'dhcp'],
    ['dnsmasq-tftp[9]: sent /run/tftp/client.ipxe to 10.77.0.10', 'tftp'],
    ['dnsmasq-tftp[9]: error 8 User aborted the transfer received from 10.77.0.10', undefined],
  ])('%s', (line, milestone) => expect(milestoneOfDnsmasq(line)).toBe(milestone));
});

it('knows chains whose milestones stand in the order of all milestones', () => {
  for (const path of ['san', 'direct'] as const) {
    const chain = chainOf({ path });
    expect(chain).toEqual(MILESTONES.filter((each) => chain.includes(each)));
  }
  expect(Object.keys(MILESTONE_WORDS)).toEqual([...MILESTONES]);
});

it('ends the chain of a system of others with its boot loader', () => {
  expect(chainOf({ path: 'san' }, 'loader')).toEqual([
    'power-on',
    'dhcp',
    'tftp',
    'ipxe',
    'san-login',
    'boot-loader',
    'loader',
  ]);
  expect(chainOf({ path: 'san' })).not.toContain('loader');
  const signs = { loader: ['bootmgr: done'] };
  expect(milestoneOfConsole('bootmgr: done', { signs })).toBe('loader');
  expect([startsOf(smallManifest()), startsOf(smallManifest({ loader: { reads: 1 } }))]).toEqual([
    'linux',
    'loader',
  ]);
});

it('goes forward only, once for each boot', () => {
  const told: string[] = [];
  const progress = createProgress(chainOf({ path: 'direct' }), (milestone, boot) =>
    told.push(`${boot} ${milestone}`),
  );
  progress.reach('dhcp');
  progress.begin();
  for (const each of ['dhcp', 'ipxe', 'dhcp', 'tftp', 'boot-loader', undefined, 'login', 'login'] as const) {
    progress.reach(each);
  }
  progress.begin();
  progress.reach('kernel');
  expect(told).toEqual(['1 power-on', '1 dhcp', '1 ipxe', '1 login', '2 power-on', '2 kernel']);
  expect(progress.boot).toBe(2);
  expect(progress.reached.map(({ boot, milestone }) => `${boot} ${milestone}`)).toEqual(told);
});
