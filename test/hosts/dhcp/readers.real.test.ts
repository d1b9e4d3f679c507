/** A server is told to read its configuration again only when it would start with it. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { checkDhcp, type DhcpServer, dhcpReaders, dhcpServer } from '../../../hosts/dhcp/readers.js';
import { openHost } from '../../../hosts/host/open.js';
import type { DhcpKind } from '../../../hosts/site/facts.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { hostFacts } from '../../util/hosts.js';

const SUBNET = { kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' } as const;

async function hostWith(folder: TestFolder, dhcp: DhcpKind) {
  return openHost({ ...hostFacts(folder.path), dhcp }, ports);
}

it('a configuration that is as it should be is accepted, one that is not is told of in the words of the server', async () => {
  await using folder = await testFolder();
  await using host = await hostWith(folder, SUBNET);
  const own = `${folder.path}/conf/dhcpd.conf`;
  await host.write(own, 'subnet 10.77.0.0 netmask 255.255.255.0 {\n}\n', { mode: 0o644 });
  await checkDhcp(host);
  await host.write(own, 'subnet 10.77.0.0 netmask 255.255.255.0 {\n range 10.78.0.1;\n}\n', { mode: 0o644 });
  const failure = (await checkDhcp(host).catch((error: unknown) => error)) as Failure;
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.diagnostics[0]).toMatchObject({
    what: 'dhcpd on san1 would not start with its configuration: it was not told to read it.',
    found: expect.stringContaining('10.78.0.1') as unknown,
  });
});

it('of a server that serves others the whole configuration is checked, as it was started', async () => {
  await using folder = await testFolder();
  const range = { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 };
  await using host = await hostWith(folder, { kind: 'dnsmasq', interface: 'lo', range });
  const site = folder.at('site.conf');
  const include = `${folder.path}/conf/dnsmasq.include`;
  await host.write(include, '# ours\n', { mode: 0o644 });
  await writeFile(site, `port=0\nlocal=/lan/\ninterface=lo\nbind-interfaces\nconf-file=${include}\n`);
  await using _server = await ports.start(['dnsmasq', '-k', '-C', site, '--pid-file', '--user=root'], {
    doing: 'serve',
    quiet: true,
  });
  const server = dhcpServer(host.facts) as DhcpServer;
  await expect
    .poll(async () => (await dhcpReaders(host, server)).named, { timeout: 20_000 })
    .toContainEqual({ file: 'dnsmasq.include', by: site });
  await checkDhcp(host);
  // What is wrong is not in our file.
  await writeFile(site, `${await readFile(site, 'utf8')}no-such-option\n`);
  await expect(checkDhcp(host)).rejects.toMatchObject({
    diagnostics: [{ found: expect.stringContaining('site.conf') as unknown }],
  });
});
