import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Argv } from '../../../base/ports.js';
import { entryText, nativeArchitecture } from '../../../pipeline/sandbox/stand-ins.js';
import { trampoline } from '../../../pipeline/sandbox/trampoline.js';
import { PROGRAMS } from '../../../stages/distribution/debian/native/programs.js';
import { native } from '../../../stages/distribution/debian/native.js';
import { elfArchitecture } from '../../../stages/seal/elf.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-stand-ins-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['arm64', 'x64', 'amd64'],
  ['armhf', 'x64', 'amd64'],
  ['amd64', 'x64', undefined],
  ['arm64', 'arm64', undefined],
  ['amd64', 'arm64', undefined],
] as const)('tools for a root of %s on a host of %s are of %s', (architecture, host, tools) => {
  expect(nativeArchitecture(architecture, host)).toBe(tools);
});

it('is told to the kernel by the bytes of the program', () => {
  expect(entryText('name', Buffer.from([0x7f, 0, 0x3a]), '/folder/0')).toBe(
    ':name:M::\\x7f\\x00\\x3a::/folder/0:PF',
  );
});

it('is a small program of the host', () => {
  const start = { loader: '/ld.so', libraries: ['/a', '/b'], program: '/usr/bin/perl', options: ['-I/c'] };
  const file = trampoline(start);
  expect(elfArchitecture(file)).toBe('amd64');
  expect(file.length).toBeLessThan(400);
  for (const text of ['/ld.so', '--argv0', '--library-path', '/a:/b', '/usr/bin/perl', '-I/c'])
    expect(file.includes(`\0${text}\0`, 0, 'latin1') || file.includes(`${text}\0`, 0, 'latin1')).toBe(true);
});

/** Packages of which each holds the programs that are known of it. */
const packaged = (name: string, version: string, architecture: string) => ({
  name,
  version,
  architecture,
  file: `/pool/${name}_${architecture}`,
});
const TOOLS = [
  packaged('libc6', '2.36-9+deb12u14', 'amd64'),
  packaged('dash', '0.5.12-2', 'amd64'),
  packaged('perl-base', '5.36.0-7', 'amd64'),
  packaged('sed', '4.9-1', 'amd64'),
];
/** Unpacks as dpkg-deb does. */
const run = async ([, , file = '', to = '']: Argv) => {
  const name = /([^/]+)_/.exec(file)?.[1] ?? '';
  const paths = (PROGRAMS[name] ?? []).map((program) => `bin/${program}`);
  if (name === 'libc6') paths.push('lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  for (const path of paths) await write(to, path, name);
  return { stdout: '', stderr: '', exitCode: 0 };
};
async function write(root: string, path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}

/** What stands in for which program of a root, `FOREIGN NATIVE OPTIONS`, in a root with these packages. */
async function standIns(
  installed: readonly string[],
  coming: readonly ReturnType<typeof packaged>[] = [],
): Promise<string[]> {
  const at = (name: string) => join(folder, name);
  for (const name of ['tools', 'root', 'scratch']) await mkdir(at(name), { recursive: true });
  const tree = await native.unpack(TOOLS, at('tools'), { run });
  if (tree === undefined) throw new Error('no tools');
  const stanzas = installed.map((each) => {
    const [name, version, architecture = 'arm64'] = each.split(' ');
    return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: ${architecture}\n`;
  });
  await write(at('root'), 'var/lib/dpkg/status', stanzas.join('\n'));
  for (const program of ['dash', 'sed', 'perl']) await write(at('root'), `usr/bin/${program}`, program);
  const root = { rootfs: at('root'), architecture: 'arm64', coming, scratch: at('scratch') } as const;
  const found = await native.standIns(tree, root, { run });
  return found.map(({ foreign, native: own, options }) =>
    [foreign.replace(`${folder}/`, ''), own, ...(options?.('/n') ?? [])].join(' '),
  );
}

it('is the program of the same package and version', async () => {
  expect(await standIns(['dash 0.5.12-2', 'sed 4.8-1', 'perl-base 5.36.0-7'])).toEqual([
    'root/usr/bin/dash bin/dash',
    'root/usr/bin/perl bin/perl -I/n/usr/lib/x86_64-linux-gnu/perl-base',
  ]);
});

it('stands in for what the step installs, from the moment when it is there', async () => {
  const coming = [packaged('sed', '4.9-1', 'arm64'), packaged('dash', '0.5.13-1', 'arm64')];
  expect(await standIns([], coming)).toEqual(['scratch/sed/bin/sed bin/sed']);
});

it.each([
  ['installed', ['perl-base 5.36.0-7', 'liblocale-gettext-perl 1.07-5'], []],
  ['about to come', ['perl-base 5.36.0-7'], [packaged('libperl5.36', '5.36.0-7', 'arm64')]],
] as const)('leaves perl to the emulator where modules of its own are %s', async (_, installed, coming) => {
  expect(await standIns(installed, coming)).toEqual([]);
});

it('leaves all to the emulator where a library is preloaded', async () => {
  await write(join(folder, 'root'), 'etc/ld.so.preload', '/usr/lib/libarmmem.so\n');
  expect(await standIns(['dash 0.5.12-2'])).toEqual([]);
});

it('needs a loader that knows --argv0', async () => {
  const old = [packaged('libc6', '2.31-13+deb11u11', 'amd64')];
  expect(await native.unpack(old, folder, { run })).toBeUndefined();
  expect(await readFile(join(folder, 'lib'), 'utf8').catch(() => 'none')).toBe('none');
});
