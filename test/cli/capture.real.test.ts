/** `lunsmith capture` on a host that is a folder: a LUN that its client has changed, taken as a release of its own. */
import { cp, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { commitRelease, digestFiles } from '../../artifacts/release/release.js';
import type { HostState } from '../../hosts/host/state.js';
import { ports } from '../artifacts/formats/tools.js';
import { BOOT, smallManifest, withRoles } from '../util/manifest.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
const SECRET = 'PRIVATE-KEY-OF-WEB1';
let host: HostHome;
const { ok, lunsmith } = hostCalls(() => host);
let lun: string;
/** Of the client on whose LUN a system has installed itself. */
let own: string;

/** What begins as the boot protocol has it (Linux Documentation/arch/x86/boot.rst). */
function kernel(version: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('HdrS', 0x202);
  bytes.writeUInt16LE(0x400, 0x20e);
  bytes.write(`${version} (builder@host)\0`, 0x600);
  return bytes;
}

/** A release whose LUN has a root with kernel, initramfs and what dpkg knows. */
async function makeRelease(name = 'small', filesystem: 'ext4' | 'btrfs' = 'ext4'): Promise<string> {
  const staging = join(host.home, 'v1.partial');
  const tree = join(host.home, 'tree');
  for (const folder of ['etc/ssh', 'etc/systemd/system', 'var/log', 'var/lib/dpkg', 'tmp'])
    await mkdir(join(tree, folder), { recursive: true });
  await mkdir(join(staging, 'boot'), { recursive: true });
  const status = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n`;
  await writeFile(join(tree, 'var/lib/dpkg/status'), status('base'));
  await writeFile(join(tree, 'vmlinuz'), kernel('6.1.0-1'));
  await writeFile(join(tree, 'initrd.img'), 'initramfs 1');
  await writeFile(join(tree, 'etc/machine-id'), '');
  await writeFile(join(tree, 'etc/systemd/system/ssh-host-keys.service'), '[Unit]\n');
  const disk = join(staging, 'disk.img');
  await execa('truncate', ['-s', '32M', disk]);
  await execa('sfdisk', ['--quiet', disk], { input: 'label: gpt\nstart=2048, size=57344, type=L\n' });
  const root = join(host.home, 'root.ext4');
  await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '4096', '-d', tree, root, '28M']);
  await execa('dd', [`if=${root}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse']);
  await cp(join(tree, 'vmlinuz'), join(staging, 'vmlinuz'));
  await cp(join(tree, 'initrd.img'), join(staging, 'initrd.img'));
  await writeFile(join(staging, 'boot/sanboot.ipxe'), sanbootScript('EFI/BOOT/BOOTX64.EFI'));
  for (const name of ['cmdline.san', 'cmdline.direct', 'direct.ipxe'])
    await writeFile(join(staging, 'boot', name), `${name}\n`);
  const partition = {
    ...{ number: 1, name: 'root', type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', guid: '1', mount: '/' },
    ...{ firstLba: 2048, sectors: 57344, filesystem, grow: true },
  };
  const manifest = smallManifest({
    recipe: { name, version: '1', sha256: '0'.repeat(64) },
    distribution: { id: 'debian', version: '12' },
    kernel: { version: '6.1.0-1', commandLine: 'ro' },
    artifacts: withRoles(await digestFiles(staging)),
    boot: BOOT,
    disk: { table: 'gpt', bytes: 32 * MIB, guid: '0', partitions: [partition] },
  });
  return (await commitRelease(staging, join(host.home, 'out'), manifest, ports)).path;
}

async function debugfs(...lines: string[]): Promise<void> {
  await execa('debugfs', ['-w', '-f', '-', `${lun}?offset=${MIB}`], { input: `${lines.join('\n')}\n` });
}

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await host.site(`    gate: []
channels: [stable, golden, dense]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:chap' }
  web2: { mac: '52:54:00:00:00:02', channel: golden, secret: 'file:chap' }
  web3: { mac: '52:54:00:00:00:03', channel: golden, secret: 'file:chap' }
  web5: { mac: '52:54:00:00:00:05', channel: dense, secret: 'file:chap' }
  pc6: { mac: '52:54:00:00:00:06', images: [{ name: data, blank: 40M }], secret: 'file:chap' }
  pc4: { mac: '52:54:00:00:00:04', images: [{ name: own, blank: 40M, installer: stable }], secret: 'file:chap' }
`);
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  await ok('publish', await makeRelease());
  await lunsmith(['promote', 'small', 'stable']);
  await lunsmith(['client', 'add', 'web1', 'web2', 'pc4']);
  const state = JSON.parse(await readFile(join(host.home, 'lab/current/state.json'), 'utf8')) as HostState;
  const lunOf = (client: string, image: string) =>
    state.clients[client]?.images[image]?.generations[0]?.disk ?? '';
  lun = lunOf('web1', 'main');
  own = lunOf('pc4', 'own');
  // What the client changed.
  const at = (name: string) => join(host.home, name);
  await writeFile(at('key'), `${SECRET}\n`.repeat(100));
  await writeFile(at('id'), 'aaaabbbbccccddddaaaabbbbccccdddd\n');
  await writeFile(at('kernel'), kernel('6.1.0-2'));
  await writeFile(at('initramfs'), 'initramfs 2, longer');
  await writeFile(
    at('status'),
    'Package: more\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\n',
  );
  await debugfs(
    ...['rm /etc/machine-id', `write ${at('id')} /etc/machine-id`],
    ...[`write ${at('key')} /etc/ssh/ssh_host_rsa_key`, `write ${at('key')} "/var/log/a b""c"`],
    ...['rm /vmlinuz', `write ${at('kernel')} /vmlinuz`, 'rm /initrd.img'],
    ...[`write ${at('initramfs')} /initrd.img`, `write ${at('id')} /etc/theirs`],
    ...['rm /var/lib/dpkg/status', `write ${at('status')} /var/lib/dpkg/status`],
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

it('is a release with the kernel, the packages and the files of the client, and nothing of who it was', async () => {
  const before = await readFile(lun);
  const { code, err } = await lunsmith(['capture', 'web1']);
  expect([code, err]).toEqual([0, '']);
  expect((await readFile(lun)).equals(before)).toBe(true);
  expect((await readdir(join(host.home, 'out'))).sort()).toEqual(['small', 'web1-main']);
  const release = join(host.home, 'out/web1-main/latest');
  const { kernel: of, packages } = JSON.parse(await readFile(join(release, 'manifest.json'), 'utf8')) as {
    kernel: { version: string };
    packages: unknown;
  };
  expect(of.version).toBe('6.1.0-2');
  expect(packages).toEqual([{ name: 'more', version: '2', architecture: 'amd64' }]);
  expect((await readFile(join(release, 'initrd.img'))).toString()).toBe('initramfs 2, longer\0');
  expect(await ok('cat', release, '/etc/machine-id')).toBe('');
  expect(await ok('cat', release, '/etc/theirs')).toContain('aaaabbbb');
  expect(await ok('ls', release, '/etc/ssh')).not.toContain('ssh_host');
  expect((await readFile(join(release, 'disk.img'))).includes(SECRET)).toBe(false);
  expect((await stat(join(release, 'disk.img'))).blocks * 512).toBeLessThan(16 * MIB);
  await ok('publish', release);
  expect((await lunsmith(['promote', 'web1-main', 'golden'])).code).toBe(0);
});

it('of a system that has installed itself is the LUN as it is, started by the firmware that its table is for', async () => {
  await execa('sfdisk', ['--quiet', own], { input: 'label: dos\nstart=2048, type=7, bootable\n' });
  const disk = await open(own, 'r+');
  await disk.write('NTFS-OF-ITS-OWN', 3 * MIB);
  await disk.close();
  const { code, err } = await lunsmith(['capture', 'pc4']);
  expect([code, err]).toEqual([0, '']);
  const release = join(host.home, 'out/pc4-own/latest');
  expect((await readFile(join(release, 'disk.img'))).equals(await readFile(own))).toBe(true);
  const manifest = JSON.parse(await readFile(join(release, 'manifest.json'), 'utf8')) as Manifest;
  expect(manifest.disk).toMatchObject({
    table: 'mbr',
    bytes: 40 * MIB,
    partitions: [{ number: 1, firstLba: 2048 }],
  });
  expect(manifest.boot.map(({ method, firmware }) => [method, firmware])).toEqual([['san', ['bios']]]);
  expect(manifest.artifacts.map(({ path }) => path)).toEqual(['boot/sanboot.ipxe', 'disk.img']);
  // What its installer has says nothing of it.
  for (const key of ['kernel', 'packages', 'distribution']) expect(manifest).not.toHaveProperty(key);
  await ok('publish', release);
});

it('of a LUN that began with nothing on it, and with no installer beside it', async () => {
  await ok('client', 'add', 'pc6');
  expect(await ok('client', 'ls')).toMatch(/^pc6 +data +- +none +40 MiB +yes/m);
  const [path = ''] = await readdir(join(host.home, 'lab/clients/pc6/data'));
  const disk = join(host.home, 'lab/clients/pc6/data', path);
  expect((await stat(disk)).blocks).toBe(0);
  const early = await lunsmith(['capture', 'pc6']);
  expect([early.code, early.err]).toEqual([
    2,
    expect.stringContaining('cannot become the release pc6-data: there is no system on it.'),
  ]);
  await execa('sfdisk', ['--quiet', disk], { input: 'label: gpt\nstart=2048, type=U\n' });
  await ok('capture', 'pc6');
  const release = join(host.home, 'out/pc6-data/latest');
  expect((await readFile(join(release, 'disk.img'))).equals(await readFile(disk))).toBe(true);
  const manifest = JSON.parse(await readFile(join(release, 'manifest.json'), 'utf8')) as Manifest;
  expect(manifest.boot.map(({ method, firmware }) => [method, firmware])).toEqual([['san', ['uefi']]]);
  expect(manifest.artifacts.map(({ path: name }) => name)).toEqual(['boot/sanboot.ipxe', 'disk.img']);
  await ok('publish', release);
  await ok('doctor');
});

it.each([
  [['web3'], 'no such client'],
  [['web1', 'mian'], 'no image mian'],
  [['web1', '--name', '../x'], 'cannot be the name of a release'],
])('%j is refused, and nothing is left', async (args, message) => {
  const before = await readdir(join(host.home, 'out'));
  const { code, err } = await lunsmith(['capture', ...args]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  expect(await readdir(join(host.home, 'out'))).toEqual(before);
});

it('of Btrfs is refused, out of which no name and no key can be taken', async () => {
  await ok('publish', await makeRelease('dense', 'btrfs'));
  await lunsmith(['promote', 'dense', 'dense']);
  await lunsmith(['client', 'add', 'web5']);
  const { code, err } = await lunsmith(['capture', 'web5']);
  expect(code).toBe(2);
  expect(err).toContain('Btrfs, from which nothing can be taken out while it is not mounted');
  expect((await readdir(join(host.home, 'out'))).filter((name) => name.includes('web5'))).toEqual([]);
});

it('a file system that is damaged is refused, and nothing is left', async () => {
  const whole = await readFile(lun);
  await debugfs('set_super_value inodes_count 3');
  const { code } = await lunsmith(['capture', 'web1', '--name', 'other']);
  expect(code).not.toBe(0);
  expect((await readdir(join(host.home, 'out'))).filter((name) => /other|capture/.test(name))).toEqual([]);
  await rm(lun);
  await writeFile(lun, whole);
});

it('is the next release of a channel, made by one client in maintenance and brought to the others by a promotion', async () => {
  const current = async (client: string) => {
    const state = JSON.parse(await readFile(join(host.home, 'lab/current/state.json'), 'utf8')) as HostState;
    const { current: id, generations = [] } = state.clients[client]?.images['main'] ?? {};
    return generations.find((each) => each.id === id);
  };
  const told = async (...args: string[]) => {
    const { code, out, err } = await lunsmith(args);
    expect([code, err], out).toEqual([0, '']);
    return out;
  };
  await told('client', 'add', 'web3');
  const daily = await current('web2');
  await told('client', 'maintain', 'web2');
  expect(await ok('client', 'ls')).toMatch(/^web2 .*\(in maintenance\)/m);
  lun = (await current('web2'))?.disk ?? '';
  await debugfs(`write ${join(host.home, 'key')} /etc/by-hand`);
  await told('capture', 'web2', '--name', 'golden');
  const release = join(host.home, 'out/golden/latest');
  expect(await ok('cat', release, '/etc/by-hand')).toContain(SECRET);
  await ok('publish', release);
  // web3 is one that tries it; web2 goes on with what it has.
  const promoted = await told('promote', 'golden', 'golden');
  expect(promoted).toMatch(/client web3: its next boot of main is a fresh clone of golden@/);
  expect(promoted).toContain('client web2: main is in maintenance, and stays so');
  const refused = await lunsmith(['client', 'maintain', 'web2', '--end']);
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('Expected: `--yes`')]);
  await told('client', 'maintain', 'web2', '--end', '--yes');
  const [web2, web3] = [await current('web2'), await current('web3')];
  expect(web2?.release).toBe(web3?.release);
  for (const each of [web2, web3]) {
    lun = each?.disk ?? '';
    const { stdout } = await execa('debugfs', ['-R', 'cat /etc/by-hand', `${lun}?offset=${MIB}`]);
    expect(stdout).toContain(SECRET);
  }
  // What it had before is there for a rollback, as after every promotion.
  await told('rollback', 'golden');
  expect(await current('web2')).toEqual(daily);
});
