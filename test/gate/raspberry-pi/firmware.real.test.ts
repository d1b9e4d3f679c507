/** The firmware of a Raspberry Pi, played against real DHCP and TFTP servers with our configurations, on a wire of its own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RASPBERRY_PI } from '../../../artifacts/platform/raspberry-pi.js';
import type { Argv, RunningTool } from '../../../base/ports.js';
import { Broken } from '../../../gate/broken.js';
import { bootFirmware } from '../../../gate/raspberry-pi/firmware.js';
import { startDnsmasq } from '../../../hosts/dhcp/daemon.js';
import { dnsmasqConfig, dnsmasqProxyConfig } from '../../../hosts/dhcp/dnsmasq.js';
import { dhcpdConfig } from '../../../hosts/dhcp/isc.js';
import { type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { startPlainDhcp } from '../../util/wire/servers.js';
import { openWire, type Wire } from '../../util/wire/wire.js';

const BOOT = { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'boot.ipxe' };
const SERIAL = '0000000012345678';
const MAC = '52:54:00:00:00:31';
const CONFIG = 'arm_64bit=1\nkernel=vmlinuz\ninitramfs initrd.img,client.cpio followkernel\n';
/** More than one block of TFTP, and not a multiple of one. */
const KERNEL = Buffer.alloc(300_001, 'kernel');
const TREE: Readonly<Record<string, string | Buffer>> = {
  'bootcode.bin': 'bootcode',
  '12345678/start.elf': Buffer.alloc(1468 * 3, 's'),
  '12345678/fixup.dat': '',
  '12345678/config.txt': CONFIG,
  '12345678/cmdline.txt': 'root=UUID=1 ro ip=dhcp\n',
  '12345678/bcm2710-rpi-3-b.dtb': 'dtb',
  '12345678/vmlinuz': KERNEL,
  '12345678/initrd.img': 'initramfs...',
  '12345678/client.cpio': 'of the client',
};

let folder: TestFolder;
let wire: Wire;
const signal = new AbortController();
beforeAll(async () => {
  folder = await testFolder();
  for (const [name, content] of Object.entries(TREE)) {
    await mkdir(dirname(folder.at(`tftp/${name}`)), { recursive: true });
    await writeFile(folder.at(`tftp/${name}`), content);
  }
  wire = await openWire(signal.signal);
});
afterAll(async () => {
  await wire[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function dnsmasq(text: string): Promise<RunningTool> {
  await writeFile(folder.at('dnsmasq.conf'), text);
  const more = [`--dhcp-leasefile=${folder.at('leases')}`, '--no-ping'];
  return startDnsmasq(wire.ports, {
    config: folder.at('dnsmasq.conf'),
    more,
    onLine: () => undefined,
    hint: '',
  });
}

const server = () =>
  dnsmasqConfig({
    interface: wire.bridge,
    range: { first: '10.78.0.50', last: '10.78.0.60', netmask: wire.netmask, leaseSeconds: 600 },
    network: { router: undefined, dns: [] },
    boot: BOOT,
    raspberryPis: [MAC],
    tftpRoot: folder.at('tftp'),
  });

let runs = 0;
async function boot(serial = SERIAL, mac = MAC) {
  const lines: string[] = [];
  const options = {
    pi: { model: RASPBERRY_PI.gate.model, serial, mac },
    bridge: wire.bridge,
    folder: folder.at(`loaded-${runs++}`),
    onLine: (line: string) => void lines.push(line),
  };
  const loaded = await bootFirmware(options, wire.ports).catch((error: unknown) => error);
  if (loaded instanceof Error && !(loaded instanceof Broken)) throw loaded;
  return { lines, loaded };
}

describe('beside one server', () => {
  it('loads the very bytes that TFTP serves', async () => {
    await using _server = await dnsmasq(server());
    const { lines, loaded } = await boot();
    expect(lines[0]).toMatch(/^DHCP: 10\.78\.0\.5\d, files at 10\.78\.0\.1$/);
    expect(lines).toContain('TFTP: 12345678/vmlinuz 300001 bytes');
    expect(loaded).toMatchObject({ commandLine: 'root=UUID=1 ro ip=dhcp' });
    const { kernel, initramfs, deviceTree } = loaded as Record<string, string>;
    expect(await readFile(kernel ?? '')).toEqual(KERNEL);
    expect(await readFile(initramfs ?? '', 'latin1')).toBe('initramfs...of the client');
    expect(await readFile(deviceTree ?? '', 'latin1')).toBe('dtb');
  });

  it('says why it stops', async () => {
    await using _server = await dnsmasq(server());
    const { loaded } = await boot('99');
    expect(loaded).toBeInstanceOf(Broken);
    expect((loaded as Broken).message).toMatch(/^The firmware of the Raspberry Pi stops at start\.elf: /);
  });
});

it('takes its address from the network’s server and its files from a proxy, though its ROM loses replies', async () => {
  const neighbour = await wire.neighbour('10.78.0.2');
  await using _plain = await startPlainDhcp(neighbour);
  await using _proxy = await dnsmasq(
    dnsmasqProxyConfig({
      interface: wire.bridge,
      network: '10.78.0.0',
      boot: BOOT,
      raspberryPis: [MAC],
      tftpRoot: folder.at('tftp'),
    }),
  );
  const { lines, loaded } = await boot();
  expect(lines[0]).toMatch(/^DHCP: 10\.78\.0\.1\d\d, files at 10\.78\.0\.1$/);
  expect(loaded).toMatchObject({ commandLine: 'root=UUID=1 ro ip=dhcp' });
});

it('is offered what it needs by dhcpd', async () => {
  await using _tftp = await dnsmasq(
    [
      'port=0',
      `interface=${wire.bridge}`,
      'bind-interfaces',
      'enable-tftp',
      `tftp-root=${folder.at('tftp')}`,
      '',
    ].join('\n'),
  );
  const text = dhcpdConfig({
    subnet: '10.78.0.0',
    netmask: wire.netmask,
    range: { first: '10.78.0.70', last: '10.78.0.80' },
    dns: [],
    hosts: [],
    boot: BOOT,
    raspberryPis: [MAC],
    nextServer: wire.address,
  });
  await writeFile(folder.at('dhcpd.conf'), text);
  await writeFile(folder.at('dhcpd.leases'), '');
  let ready: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const argv: Argv = [
    ...(['dhcpd', '-4', '-f', '-d', '-cf', folder.at('dhcpd.conf')] as const),
    ...['-lf', folder.at('dhcpd.leases'), '--no-pid', wire.bridge],
  ];
  await using dhcpd = await wire.ports.start(argv, {
    doing: 'start dhcpd',
    onLine: (line) => line.startsWith('Sending on') && ready(),
  });
  await Promise.race([listening, dhcpd.ended]);
  const { lines, loaded } = await boot();
  expect(lines[0]).toMatch(/^DHCP: 10\.78\.0\.[78]\d, files at 10\.78\.0\.1$/);
  expect(loaded).toMatchObject({ commandLine: 'root=UUID=1 ro ip=dhcp' });
});
