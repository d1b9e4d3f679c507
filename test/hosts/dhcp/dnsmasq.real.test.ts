import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dnsmasqConfig, dnsmasqProxyConfig } from '../../../hosts/dhcp/dnsmasq.js';
import { run, testFolder } from '../../artifacts/formats/tools.js';

it('is accepted by dnsmasq', async () => {
  await using folder = await testFolder();
  const text = dnsmasqConfig({
    interface: 'gate0',
    range: { first: '10.77.0.10', last: '10.77.0.20', netmask: '255.255.255.0', leaseSeconds: 3600 },
    hosts: [{ mac: '52:54:00:00:00:02', address: '10.77.0.11', name: 'second' }],
    boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'http://10.77.0.1/client.ipxe' },
    tftpRoot: folder.path,
    network: { router: '10.77.0.1', dns: ['10.77.0.2'] },
  });
  await writeFile(folder.at('dnsmasq.conf'), text);
  const { stderr } = await run(['dnsmasq', '--test', `--conf-file=${folder.at('dnsmasq.conf')}`], {
    doing: 'check the configuration',
  });
  expect(stderr).toContain('syntax check OK');
});

it('is accepted by dnsmasq as a proxy', async () => {
  await using folder = await testFolder();
  const text = dnsmasqProxyConfig({
    interface: 'eth0',
    network: '10.77.0.0',
    boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'boot.ipxe' },
    tftpRoot: folder.path,
  });
  await writeFile(folder.at('dnsmasq.conf'), text);
  const { stderr } = await run(['dnsmasq', '--test', `--conf-file=${folder.at('dnsmasq.conf')}`], {
    doing: 'check the configuration',
  });
  expect(stderr).toContain('syntax check OK');
});
