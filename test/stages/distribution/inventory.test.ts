/** How large packages are and why they are there, from the records of package managers as they write them. */
import { expect, it } from 'vitest';
import { arch } from '../../../stages/distribution/arch/index.js';
import { debian } from '../../../stages/distribution/debian/index.js';
import { needsOf } from '../../../stages/distribution/needs.js';

const paragraph = (fields: Record<string, string>) =>
  `${Object.entries({ Status: 'install ok installed', Architecture: 'amd64', Version: '1', ...fields })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n`;

const STATUS = [
  paragraph({
    ...{ Package: 'bash', Essential: 'yes', Priority: 'required', 'Installed-Size': '7164' },
    ...{ 'Pre-Depends': 'libc6 (>= 2.36), libtinfo6 (>= 6)', Depends: 'base-files (>= 2.1.12), awk' },
  }),
  paragraph({ Package: 'libc6', Priority: 'optional', 'Installed-Size': '12986', Depends: 'libgcc-s1' }),
  paragraph({ Package: 'mawk', Priority: 'optional', Provides: 'awk (= 1)' }),
  paragraph({ Package: 'openssh-server', Priority: 'optional', Depends: 'libc6, a | libssl3:any' }),
  paragraph({ Package: 'libssl3', Priority: 'optional', 'Installed-Size': '5970' }),
  paragraph({ Package: 'libssl3', Architecture: 'i386', 'Installed-Size': '1' }),
  paragraph({ Package: 'gone', Status: 'deinstall ok config-files' }),
].join('\n');

it('of dpkg and apt', () => {
  const records = new Map([
    ['/var/lib/dpkg/status', STATUS],
    ['/var/lib/apt/extended_states', 'Package: libssl3\nArchitecture: amd64\nAuto-Installed: 1\n'],
  ]);
  expect([...records.keys()].every(debian.inventory.isRecord)).toBe(true);
  expect(debian.inventory.isRecord('/var/lib/dpkg/status-old')).toBe(false);
  const found = debian.inventory.packages(records);
  expect(
    found.map(({ name, architecture, bytes, why, neededBy }) => [
      `${name} ${architecture}`,
      bytes / 1024,
      why,
      neededBy,
    ]),
  ).toEqual([
    ['bash amd64', 7164, 'base', []],
    ['libc6 amd64', 12986, 'base', ['bash', 'openssh-server']],
    ['libssl3 amd64', 5970, 'dependency', ['openssh-server']],
    ['libssl3 i386', 1, 'dependency', ['openssh-server']],
    ['mawk amd64', 0, 'base', ['bash']],
    ['openssh-server amd64', 0, 'manual', []],
  ]);
});

it('of pacman', () => {
  const at = (name: string) => `/var/lib/pacman/local/${name}/desc`;
  const records = new Map([
    [
      at('linux-6'),
      '%NAME%\nlinux\n\n%VERSION%\n6-1\n\n%ARCH%\nx86_64\n\n%SIZE%\n2048\n\n%DEPENDS%\nkmod>=3\n\n',
    ],
    [at('kmod-3'), '%NAME%\nkmod\n\n%VERSION%\n3-1\n\n%ARCH%\nany\n\n%SIZE%\n10\n\n%REASON%\n1\n\n'],
  ]);
  expect([...records.keys()].every(arch.inventory.isRecord)).toBe(true);
  expect(arch.inventory.isRecord('/var/lib/pacman/local/kmod-3/files')).toBe(false);
  expect(arch.inventory.packages(records)).toEqual([
    { name: 'kmod', version: '3-1', architecture: 'all', bytes: 10, why: 'dependency', neededBy: ['linux'] },
    { name: 'linux', version: '6-1', architecture: 'amd64', bytes: 2048, why: 'manual', neededBy: [] },
  ]);
});

it('needs that go in a circle end', () => {
  const needs = needsOf([
    { name: 'a', provides: [], depends: [['b']] },
    { name: 'b', provides: ['c'], depends: [['a', 'nowhere']] },
    { name: 'd', provides: [], depends: [['c']] },
  ]);
  expect([...needs.closure(['a'])].sort()).toEqual(['a', 'b']);
  expect(needs.neededBy('b')).toEqual(['a', 'd']);
});
