import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dhcpdConfig } from '../../../hosts/dhcp/isc.js';
import { run, testFolder } from '../../artifacts/formats/tools.js';

it('is accepted by dhcpd', async () => {
  await using folder = await testFolder();
  const text = dhcpdConfig({
    subnet: '10.77.0.0',
    netmask: '255.255.255.0',
    range: { first: '10.77.0.50', last: '10.77.0.60' },
    router: '10.77.0.254',
    dns: ['10.77.0.2', '10.77.0.3'],
    hosts: [{ name: 'web1.rack-2', mac: '52:54:00:00:00:01', address: '10.77.0.11' }],
    boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'http://10.77.0.1:8080/boot.ipxe' },
    nextServer: '10.77.0.1',
  });
  await writeFile(folder.at('dhcpd.conf'), text);
  const { exitCode } = await run(['dhcpd', '-4', '-t', '-cf', folder.at('dhcpd.conf')], {
    doing: 'check the configuration',
  });
  expect(exitCode).toBe(0);
});
