import { expect, it } from 'vitest';
import { readCpio } from '../../artifacts/formats/cpio.js';
import type { Cell } from '../../artifacts/platform/platform.js';
import { bootFilesInput } from '../../gate/client-host.js';
import { makeIdentity } from '../../gate/identity.js';
import { confFiles, httpFiles, tftpFiles } from '../../hosts/boot-files.js';
import { failureOf } from '../artifacts/formats/tools.js';
import { listing, textOf } from '../hosts/boot-host.js';
import { BOOT, smallManifest } from '../util/manifest.js';

const DIGEST = 'd'.repeat(64);
const RANGE = { first: '10.77.0.10', last: '10.77.0.99', netmask: '255.255.255.0', leaseSeconds: 3600 };
const NETWORK = { server: '10.77.0.1', dhcp: { kind: 'dnsmasq', interface: 'gate0', range: RANGE } } as const;

function setUp(cell: Cell, manifest = smallManifest({ boot: BOOT })) {
  const identity = makeIdentity(cell, DIGEST);
  const request = { cell, manifest, digest: DIGEST };
  const options = { request, identity, network: NETWORK, root: '/run/host', disk: '/disk.img' };
  return { identity, input: () => bootFilesInput(options) };
}

it('hands the client of a SAN boot what a target host hands to its clients', () => {
  const { identity, input } = setUp({ firmware: 'bios', path: 'san', secret: 'right' });
  const files = httpFiles(input());
  const mac = identity.mac.replaceAll(':', '-');
  expect(listing(files)).toEqual(
    expect.arrayContaining([
      'boot.ipxe',
      `clients/by-mac/${mac}.ipxe -> ../gate-bios-san/boot.ipxe`,
      'clients/gate-bios-san/account.ipxe !',
      'clients/gate-bios-san/boot.ipxe',
    ]),
  );
  expect(textOf(files, 'clients/gate-bios-san/boot.ipxe')).toMatch(
    [
      'chain --autofree http://10.77.0.1/clients/gate-bios-san/account.ipxe || goto failed',
      'set san-uri iscsi:10.77.0.1::3260:1:iqn.2026-01.net.lunsmith.gate:disk.bios-san',
      'set initiator-iqn iqn.2026-01.net.lunsmith.gate:client.bios-san',
    ].join('\n'),
  );
  expect(textOf(files, 'clients/gate-bios-san/account.ipxe')).toBe(
    `#!ipxe\nset username gate-bios-san\nset password ${identity.chapSecret}\n`,
  );
  const lead = textOf(tftpFiles(input()), 'boot.ipxe');
  expect(lead).toContain('chain --autofree http://10.77.0.1/boot.ipxe');
  const conf = textOf(confFiles(input()), 'dnsmasq.conf');
  expect(conf).toContain('interface=gate0\n');
  expect(conf).toContain('tftp-root=/run/host/tftp\n');
});

it('hands the client of a direct boot an archive with the secret that it offers', () => {
  const { identity, input } = setUp({ firmware: 'bios', path: 'direct', secret: 'wrong' });
  const files = httpFiles(input());
  const path = `clients/gate-bios-direct-wrong-secret/main-${DIGEST.slice(0, 12)}-1.cpio`;
  expect(listing(files)).toContain(`${path} !`);
  const content = files.find((file) => file.path === path)?.content;
  const entries = content !== undefined && 'bytes' in content ? readCpio(Buffer.from(content.bytes)) : [];
  const [settings] = entries.filter((entry) => entry.path === 'etc/iscsi.initramfs');
  const text = settings?.type === 'file' ? Buffer.from(settings.content).toString() : '';
  expect(text).toContain(`ISCSI_PASSWORD='${identity.offeredSecret}'\n`);
  expect(text).not.toContain(identity.chapSecret);
});

it('refuses a boot method that the release does not offer', () => {
  const manifest = smallManifest({ boot: BOOT.filter(({ method }) => method === 'san') });
  const { input } = setUp({ firmware: 'uefi', path: 'direct', secret: 'right' }, manifest);
  expect(failureOf(input).diagnostics).toEqual([
    { what: 'This release cannot be booted by direct.', expected: 'san', found: 'direct' },
  ]);
});
