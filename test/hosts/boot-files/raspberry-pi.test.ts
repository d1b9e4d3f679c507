import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import { type Pi, playFirmware } from '../../../artifacts/platform/raspberry-pi/firmware.js';
import { MODELS, type ModelName } from '../../../artifacts/platform/raspberry-pi/models.js';
import type { TftpReader } from '../../../artifacts/platform/raspberry-pi/tftp-tree.js';
import type { Role } from '../../../artifacts/release/manifest.js';
import type { BootFile, BootFilesInput } from '../../../hosts/boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../../../hosts/boot-files.js';
import type { ClientFacts } from '../../../hosts/site/facts.js';
import { smallManifest } from '../../util/manifest.js';
import {
  bootInput,
  clientState,
  DIGEST,
  generation,
  HOST,
  listing,
  OTHER_DIGEST,
  textOf,
  WEB1,
} from '../boot-host.js';

const { mac: _mac, ...NAMELESS } = WEB1;
const PI1: ClientFacts = {
  ...NAMELESS,
  name: 'pi1',
  account: 'pi1',
  serial: '0000000012345678',
  images: [{ name: 'main', channel: 'stable', boot: 'tftp' }],
};
const PI2: ClientFacts = {
  ...PI1,
  name: 'pi2',
  account: 'pi2',
  serial: '100000009ABCDEF0',
  mac: 'dc:a6:32:01:36:c2',
  address: { address: '10.77.0.50', netmask: '255.255.255.0' },
};

const FIRMWARE: Readonly<Record<string, Role>> = {
  'bcm2711-rpi-4-b.dtb': 'device-tree',
  'bcm2837-rpi-3-b.dtb': 'device-tree',
  'bootcode.bin': 'firmware',
  'cmdline.txt': 'command-line',
  'config.txt': 'firmware',
  'fixup.dat': 'firmware',
  'fixup4.dat': 'firmware',
  'initrd.img': 'initramfs',
  'overlays/README': 'firmware',
  'start.elf': 'firmware',
  'start4.elf': 'firmware',
  vmlinuz: 'kernel',
};
const CONFIG =
  'arm_64bit=1\nupstream_kernel=1\nkernel=vmlinuz\ninitramfs initrd.img,client.cpio followkernel\n';
const manifest = smallManifest({
  platform: 'raspberry-pi',
  kernel: { version: '6.1.0-50-arm64', commandLine: 'root=UUID=1 ro ip=dhcp console=ttyS1,115200' },
  artifacts: Object.entries(FIRMWARE).map(([name, role]) => ({
    role,
    path: `firmware/${name}`,
    bytes: 4,
    digest: `sha256:${'0'.repeat(64)}`,
  })),
});

function input(...clients: readonly ClientFacts[]): BootFilesInput {
  const manifests = new Map([DIGEST, OTHER_DIGEST].map((digest) => [digest, manifest]));
  return bootInput(
    clients.map((facts) => clientState(facts)),
    { manifests },
  );
}

/** What the TFTP server of the host has: links are followed as the file system follows them. */
function served(of: BootFilesInput): TftpReader {
  const at = new Map<string, BootFile>([
    ...httpFiles(of).map((file): [string, BootFile] => [`states/1/http/${file.path}`, file]),
    ...tftpFiles(of).map((file): [string, BootFile] => [`tftp/${file.path}`, file]),
  ]);
  const real = (path: string): string => {
    if (path.startsWith('http/')) return real(`states/1/${path}`);
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const head = parts.slice(0, length).join('/');
      const content = at.get(head)?.content;
      if (content === undefined || !('link' in content)) continue;
      return real(posix.join(posix.dirname(head), content.link, ...parts.slice(length)));
    }
    return path;
  };
  return (path) => {
    const found = real(`tftp/${path}`);
    const name = /^releases\/[0-9a-f]{64}\/firmware\/(.+)$/.exec(found)?.[1];
    const content = at.get(found)?.content;
    if (name === undefined && content === undefined) return Promise.resolve(undefined);
    const text =
      name === 'config.txt' ? CONFIG : content !== undefined && 'text' in content ? content.text : '';
    const known = name === undefined || name in FIRMWARE;
    return Promise.resolve(known ? { size: 512, text: () => Promise.resolve(text) } : undefined);
  };
}

const boots = (of: BootFilesInput, model: ModelName, pi: Omit<Pi, 'model'>) =>
  playFirmware({ model: MODELS[model], ...pi }, served(of));

/** Of a line of a listing. */
const pathOf = (line: string) => line.split(' ')[0] ?? '';

describe('a Raspberry Pi', () => {
  it('has a folder under its serial number, in which all but two files are those of the release', () => {
    const files = httpFiles(input(PI1)).filter(({ path }) => path.startsWith('pi/'));
    const folder = 'pi/12345678';
    const release = `../../../../../releases/${DIGEST}/firmware`;
    expect(listing(files)).toEqual(
      [
        `pi/bootcode.bin -> ../../../../releases/${DIGEST}/firmware/bootcode.bin`,
        ...Object.keys(FIRMWARE)
          .filter((name) => name !== 'cmdline.txt')
          .map((name) => `${folder}/${name} -> ${name.includes('/') ? '../' : ''}${release}/${name}`),
        `${folder}/client.cpio !`,
        `${folder}/cmdline.txt`,
      ].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1)),
    );
  });

  it('finds it in the TFTP root by links that are the same for every release', () => {
    const links = listing(tftpFiles(input(PI1, PI2)).filter(({ content }) => 'link' in content));
    expect(links).toEqual([
      '12345678 -> ../http/pi/12345678',
      '9abcdef0 -> ../http/pi/9abcdef0',
      'bootcode.bin -> ../http/pi/bootcode.bin',
      'dc-a6-32-01-36-c2 -> ../http/pi/dc-a6-32-01-36-c2',
    ]);
    expect(tftpFiles(input(WEB1)).some(({ path }) => path === 'bootcode.bin')).toBe(false);
  });

  it.each<readonly [ModelName, Omit<Pi, 'model'>, string]>([
    ['3B', { serial: '12345678' }, '12345678'],
    ['4B', { serial: '100000009abcdef0' }, '9abcdef0'],
    ['4B', { serial: '1', prefix: { mac: 'dc:a6:32:01:36:c2' } }, 'dc-a6-32-01-36-c2'],
  ])('%s boots with %j from it', async (model, pi, folder) => {
    const { notes, start } = await boots(input(PI1, PI2), model, pi);
    expect(notes).toEqual([]);
    expect(start).toMatchObject({
      kernel: `${folder}/vmlinuz`,
      initramfs: [`${folder}/initrd.img`, `${folder}/client.cpio`],
    });
  });

  it('that no client is finds nothing in the root that it could take for its own', async () => {
    const { notes, start } = await boots(input(PI1, PI2), '3B', { serial: '99' });
    expect(start).toBeUndefined();
    expect(notes.map(({ kind }) => kind)).toEqual(['prefix-dropped', 'missing']);
  });

  it('has its target and account in an archive, and nothing of it on its command line', async () => {
    const files = httpFiles(input(PI1, PI2));
    const archive = files.find(({ path }) => path === 'pi/12345678/client.cpio');
    if (archive === undefined || !('bytes' in archive.content)) throw new Error('no archive');
    expect(archive).toMatchObject({ secret: true, tftp: true });
    const [, settings] = readCpio(Buffer.from(archive.content.bytes));
    expect(settings).toMatchObject({ path: 'etc/iscsi.initramfs', mode: 0o600 });
    const text = settings?.type === 'file' ? Buffer.from(settings.content).toString() : '';
    expect(text).toContain(generation('pi1', 'main').target);
    expect(text).toContain('secret of pi1');
    expect(textOf(files, 'pi/12345678/cmdline.txt')).toBe('root=UUID=1 ro ip=dhcp console=ttyS1,115200\n');
    expect(textOf(files, 'pi/9abcdef0/cmdline.txt')).toBe(
      'root=UUID=1 ro console=ttyS1,115200 ip=10.77.0.50:::255.255.255.0:pi2::off\n',
    );
    const all = files.flatMap(({ content, secret }) => ('text' in content && !secret ? [content.text] : []));
    expect(all.join('')).not.toContain('secret of');
  });

  it('with another one’s last eight digits is refused', () => {
    expect(() => httpFiles(input(PI1, { ...PI2, serial: 'ff12345678' }))).toThrow(
      'Two Raspberry Pis would look into the folder 12345678.',
    );
  });

  it('without a release has no folder, and keeps nobody else from booting', () => {
    const state = input(PI1, PI2);
    const clients = Object.fromEntries(
      Object.entries(state.state.clients).map(([name, client]) => [
        name,
        name === 'pi2' ? { ...client, images: {} } : client,
      ]),
    );
    const files = httpFiles({ ...state, state: { ...state.state, clients } });
    expect(files.some(({ path }) => path.startsWith('pi/12345678/'))).toBe(true);
    expect(files.some(({ path }) => path.startsWith('pi/9abcdef0/'))).toBe(false);
  });

  it('runs no script of iPXE', () => {
    const paths = [...httpFiles(input(PI1)), ...tftpFiles(input(PI1))].map(({ path }) => path);
    expect(paths.filter((path) => path.includes('pi1') || path.includes('by-serial'))).toEqual([]);
  });
});

describe('the DHCP server', () => {
  const conf = (dhcp: typeof HOST.dhcp, ...clients: readonly ClientFacts[]) => {
    const { state, ...rest } = input(...clients);
    return confFiles({ ...rest, state, host: { ...HOST, dhcp } }).map(({ path, content }) => [
      path,
      'text' in content ? content.text : '',
    ]);
  };
  const KINDS: readonly (typeof HOST.dhcp)[] = [
    HOST.dhcp,
    {
      kind: 'dnsmasq',
      interface: 'san0',
      range: { first: '10.77.0.10', last: '10.77.0.99', netmask: '255.255.255.0', leaseSeconds: 3600 },
    },
    { kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' },
  ];
  it.each(KINDS)('%j says the text of its ROM to it', (dhcp) => {
    for (const [path, text] of conf(dhcp, PI2)) {
      expect([path, text]).toEqual([path, expect.stringContaining('"Raspberry Pi Boot   "')]);
      expect(text).toContain('dc:a6:32:01:36:c2');
    }
  });
  it.each(KINDS)('%j has no word of it where there is none', (dhcp) => {
    expect(JSON.stringify(conf(dhcp, WEB1))).not.toMatch(/raspberry|b8:27:eb/i);
  });
});
