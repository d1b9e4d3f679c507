/** What apt and dpkg write, taken apart and put together. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aptConfig } from '../../../../../stages/distribution/debian/apt/config.js';
import { pins } from '../../../../../stages/distribution/debian/apt/private-apt.js';
import { namesIn, reasonsFor } from '../../../../../stages/distribution/debian/apt/reasons.js';
import {
  fileName,
  indexStanza,
  releaseText,
  repositorySource,
} from '../../../../../stages/distribution/debian/apt/repository.js';
import {
  parseRemovals,
  parseUris,
  placeInArchive,
} from '../../../../../stages/distribution/debian/apt/solution.js';
import { installQuery } from '../../../../../stages/distribution/debian/apt/solve.js';
import { fieldOf, splitStanzas, withFields } from '../../../../../stages/distribution/debian/apt/stanza.js';
import {
  type AptWorld,
  preferred,
  statusText,
  worldAfter,
} from '../../../../../stages/distribution/debian/apt/world.js';

const MIRROR = 'http://mirror.example.org/debian';

describe('the download list of apt-get', () => {
  it('is read as packages, with epochs and odd characters', () => {
    const text = [
      'Reading package lists...',
      `'${MIRROR}/pool/main/g/glibc/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 MD5Sum:8d98f0c882f269aaee8437bcfe89346e`,
      `'${MIRROR}/pool/main/o/openssh/openssh-server_9.2p1-2_amd64.deb' openssh-server_1%3a9.2p1-2_amd64.deb 456 SHA256:00`,
      `'${MIRROR}/pool/main/x/x~y_1_all.deb' x~y_1_all.deb 7 `,
      `'${MIRROR}/dists/bookworm/InRelease' mirror_InRelease 0 `,
      '',
    ].join('\n');
    expect(parseUris(text)).toEqual([
      {
        name: 'libc6',
        version: '2.36-9+deb12u14',
        architecture: 'amd64',
        url: `${MIRROR}/pool/main/g/glibc/libc6_2.36-9%2bdeb12u14_amd64.deb`,
      },
      {
        name: 'openssh-server',
        version: '1:9.2p1-2',
        architecture: 'amd64',
        url: `${MIRROR}/pool/main/o/openssh/openssh-server_9.2p1-2_amd64.deb`,
      },
      { name: 'x~y', version: '1', architecture: 'all', url: `${MIRROR}/pool/main/x/x~y_1_all.deb` },
    ]);
  });

  it.each([
    [`${MIRROR}/pool/a%2bb.deb`, { archive: 'main', path: 'pool/a+b.deb' }],
    [`${MIRROR}-security/pool/a.deb`, { archive: 'security', path: 'pool/a.deb' }],
    [`${MIRROR}/deeper/pool/a.deb`, { archive: 'deeper', path: 'pool/a.deb' }],
    ['http://other.example.org/pool/a.deb', undefined],
  ])('%s lies in %j', (url, place) => {
    const archives = { main: MIRROR, security: `${MIRROR}-security`, deeper: `${MIRROR}/deeper` };
    expect(placeInArchive(url, archives)).toEqual(place);
  });

  it('tells what would be removed', () => {
    const text = 'Inst a (1 X [all])\nRemv busybox [1:1.35]\nPurg b:amd64 [2]\nConf a (1 X [all])\n';
    expect(parseRemovals(text)).toEqual(['busybox', 'b']);
  });
});

it('asks apt without recommended packages, and removes nothing that was not named', () => {
  const request = { install: ['a', 'b=1'], remove: [], recommends: false };
  expect(installQuery('--print-uris', request, [])).toEqual(
    'apt-get --quiet --yes --print-uris --no-install-recommends --no-remove install -- a b=1'.split(' '),
  );
  const other = { install: ['a'], remove: ['b'], recommends: true };
  expect(installQuery('--simulate', other, ['--with-source=/p'])).toEqual(
    'apt-get --with-source=/p --quiet --yes --simulate --install-recommends install -- a b-'.split(' '),
  );
});

it('gives apt nothing of the host', () => {
  const text = aptConfig({
    architecture: 'arm64',
    sources: '/s/sources.list',
    lists: '/s/lists',
    status: '/w/status',
    work: '/w',
    cache: '/s/cache.bin',
  });
  const settings = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => /^(\S+) "(.*)";$/.exec(line)?.slice(1) as [string, string]),
  );
  for (const name of [
    'Main',
    'Parts',
    'SourceParts',
    'Trusted',
    'TrustedParts',
    'Preferences',
    'PreferencesParts',
  ])
    expect(settings[`Dir::Etc::${name}`]).toBe('/dev/null');
  expect(settings).toMatchObject({
    'Dir::Etc::SourceList': '/s/sources.list',
    'Dir::State::Lists': '/s/lists',
    'Dir::State::Status': '/w/status',
    'APT::Architecture': 'arm64',
    'APT::Architectures': 'arm64',
  });
});

it('pins the versions of an earlier lock', () => {
  expect(pins([{ name: 'a', version: '1:2' }])).toBe('Package: a\nPin: version 1:2\nPin-Priority: 1001\n\n');
});

describe('a stanza', () => {
  const stanza = 'Package: a\nDescription: short\n long\n .\n longer\nVersion: 1';
  it('has fields', () => {
    expect(fieldOf(stanza, 'version')).toBe('1');
    expect(fieldOf(stanza, 'Long')).toBeUndefined();
    expect(fieldOf('Depends:\nSize: 7', 'Depends')).toBe('');
  });
  it('gets fields in the place of old ones, continuation lines included', () => {
    expect(withFields(stanza, { Description: '$& new', Size: '7' })).toBe(
      'Package: a\nDescription: $& new\nVersion: 1\nSize: 7',
    );
  });
  it('is one of many', () => {
    expect(splitStanzas(`\n${stanza}\n\n \n\nPackage: b\n`)).toEqual([stanza, 'Package: b']);
  });
  it('keeps what is put into it', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+.:~$&-]{1,12}$/);
    const property = fc.property(word, word, (size, priority) => {
      const changed = withFields(stanza, { Size: size, Priority: priority });
      expect(fieldOf(changed, 'Size')).toBe(size);
      expect(fieldOf(changed, 'Priority')).toBe(priority);
      expect(fieldOf(changed, 'Package')).toBe('a');
    });
    fc.assert(property, { seed: 1, numRuns: 100 });
  });
});

describe('the archive of a step', () => {
  const each = {
    name: 'a',
    version: '1:2+b1',
    architecture: 'amd64',
    bytes: 7,
    sha256: 'ab',
    archive: 'main',
    path: 'pool/a.deb',
    file: '/pool/ab',
    index: { Priority: 'required' },
  };
  it('names files as archives do', () => {
    expect(fileName(each)).toBe('a_2+b1_amd64.deb');
  });
  it('says of a package what its index said', () => {
    expect(indexStanza('Package: a\nPriority: optional\nVersion: 1:2+b1', each, 'pool/a.deb')).toBe(
      'Package: a\nPriority: required\nVersion: 1:2+b1\nFilename: pool/a.deb\nSize: 7\nSHA256: ab',
    );
  });
  it('has a Release file without a date', () => {
    const text = releaseText({ suite: 's', architecture: 'amd64', index: 'main/x', text: 'é' });
    expect(text).toBe(
      'Suite: s\nCodename: s\nArchitectures: amd64\nComponents: main\nSHA256:\n' +
        ' 4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c 2 main/x\n',
    );
  });
  it('is named with quoted spaces', () => {
    expect(repositorySource('copy', '/a b', 's')).toBe('deb [trusted=yes] copy:/a%20b s main');
  });
});

describe('the packages after a step', () => {
  const world: AptWorld = {
    kind: 'apt',
    sources: [],
    lists: { folder: '', indexes: [], basis: { files: [], indexes: [] } },
    prefer: [],
    installed: { 'a all': 'Package: a', 'b amd64': 'Package: b', 'c amd64': 'Package: c' },
  };
  const locked = (name: string, architecture: string) =>
    ({ name, architecture, version: '2', bytes: 0, sha256: '', archive: 'main', path: '' }) as const;
  it('are those before, with what came and without what went', () => {
    const change = {
      packages: [locked('a', 'amd64'), locked('d', 'all')],
      stanzas: ['Package: a\nVersion: 2', 'Package: d'],
      removed: ['b'],
    };
    expect(worldAfter(world, change).installed).toEqual({
      'a amd64': 'Package: a\nVersion: 2',
      'c amd64': 'Package: c',
      'd all': 'Package: d',
    });
  });
  it('make a status file', () => {
    expect(statusText(world).slice(0, 40)).toBe('Package: a\nStatus: install ok installed\n');
    expect(splitStanzas(statusText(world))).toHaveLength(3);
  });
});

it('packages of another release are not preferred', () => {
  const index = (suite: string) => ({ archive: 'main', suite, date: '', sha256: suite });
  const prefer = {
    packages: [
      { name: 'a', architecture: 'all', version: '2', bytes: 0, sha256: '', archive: 'main', path: '' },
    ],
    indexes: [index('bookworm'), index('bookworm-updates')],
  };
  const newer = (suite: string) => ({ ...index(suite), sha256: 'newer' });
  expect(preferred(prefer, [newer('bookworm-updates'), newer('bookworm')])).toEqual(prefer.packages);
  expect(preferred(prefer, [index('trixie'), index('trixie-updates')])).toEqual([]);
  expect(preferred(undefined, prefer.indexes)).toEqual([]);
});

describe('why a package is there', () => {
  it('is read from relations', () => {
    expect(namesIn('libc6 (>= 2.36), aa:any | bb [linux-any], ${x}, cc')).toEqual([
      'libc6',
      'aa',
      'bb',
      'cc',
    ]);
  });
  it('is the shortest way from what was asked for', () => {
    const chosen = {
      packages: ['app', 'deep', 'lib', 'tool', 'stray', 'plugin'].map((name) => ({ name })),
      stanzas: [
        'Package: app\nDepends: tool, virtual-lib\nPre-Depends: base',
        'Package: deep',
        'Package: lib\nProvides: virtual-lib (= 1)\nDepends: deep, app',
        'Package: tool\nDepends: lib',
        'Package: stray',
        'Package: plugin',
      ],
    };
    const others = ['Package: base\nRecommends: plugin'];
    expect(reasonsFor(chosen, (name) => name === 'app', others)).toEqual({
      tool: 'dependency of app',
      lib: 'dependency of app',
      deep: 'dependency of lib',
      plugin: 'dependency of base',
    });
  });
});
