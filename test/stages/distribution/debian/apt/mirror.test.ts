import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  chooseMirror,
  hostSources,
  suiteSources,
} from '../../../../../stages/distribution/debian/apt/mirror.js';
import type { AptSource } from '../../../../../stages/distribution/debian/apt/sources.js';
import { defaultPockets, UBUNTU, vendorOf } from '../../../../../stages/distribution/debian/apt/vendor.js';
import { testFolder } from '../../../../artifacts/formats/tools.js';

const HOST = 'http://host.example.org/debian';
const RECIPE = 'http://recipe.example.org/debian';
const OVERRIDE = 'http://override.example.org/debian';

const source = (uri: string, suite: string, more: Partial<AptSource> = {}): AptSource => ({
  uri,
  suite,
  components: ['main'],
  ...more,
});
const debian = [
  source(HOST, 'bookworm'),
  source(HOST, 'bookworm-updates'),
  source('http://sec.example.org/debian-security', 'bookworm-security'),
];

describe('the archive', () => {
  const wish = { override: undefined, recipe: undefined, recipeSecurity: undefined, host: [] as AptSource[] };
  it.each([
    [
      'is the override, before all else',
      { ...wish, override: `${OVERRIDE}/`, recipe: RECIPE, host: debian },
      { origin: 'override', main: OVERRIDE, security: 'http://override.example.org/debian-security' },
    ],
    [
      "is the recipe's",
      { ...wish, recipe: RECIPE, host: debian },
      { origin: 'recipe', main: RECIPE, security: 'http://recipe.example.org/debian-security' },
    ],
    [
      "is the recipe's with its security archive",
      { ...wish, recipe: RECIPE, recipeSecurity: 'http://other.example.org/sec/', host: debian },
      { origin: 'recipe', main: RECIPE, security: 'http://other.example.org/sec' },
    ],
    [
      "is the host's, whatever its release",
      { ...wish, host: debian },
      { origin: 'host', main: HOST, security: 'http://sec.example.org/debian-security' },
    ],
    [
      "is the host's with the sibling where it has no security source",
      { ...wish, host: debian.slice(0, 2) },
      { origin: 'host', main: HOST, security: 'http://host.example.org/debian-security' },
    ],
    [
      "is the bootstrap tool's when none else is named",
      { ...wish, fallback: `${RECIPE}/` },
      { origin: 'default', main: RECIPE, security: 'http://recipe.example.org/debian-security' },
    ],
    [
      "is the host's before the tool's",
      { ...wish, host: debian, fallback: RECIPE },
      { origin: 'host', main: HOST, security: 'http://sec.example.org/debian-security' },
    ],
    ['is nothing when none is named', wish, undefined],
    [
      'is not that of other software for the same suite',
      {
        ...wish,
        host: [
          source('https://apt.example.org', 'bookworm', { signedBy: '/usr/share/keyrings/example.gpg' }),
          source('https://containers.example.org/debian', 'bookworm', { components: ['stable'] }),
          source('https://node.example.org', 'nodistro'),
          source('cdrom:[Debian 12]', 'bookworm'),
          source('http://ubuntu.example.org/ubuntu', 'noble'),
          source(HOST, 'bookworm', { signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' }),
        ],
      },
      { origin: 'host', main: HOST, security: 'http://host.example.org/debian-security' },
    ],
  ])('%s', (_, wishes, choice) => {
    expect(chooseMirror(wishes)).toEqual(choice);
  });
});

it('has the security suites of Ubuntu in the archive itself', () => {
  const uri = 'http://mirror.example.org/ubuntu';
  const wish = { vendor: UBUNTU, override: undefined, recipe: undefined, recipeSecurity: undefined };
  const found = { main: uri, security: uri };
  expect(chooseMirror({ ...wish, override: `${uri}/`, host: debian })).toEqual({
    origin: 'override',
    ...found,
  });
  expect(chooseMirror({ ...wish, recipe: uri, host: debian })).toEqual({ origin: 'recipe', ...found });
  const keys = { signedBy: UBUNTU.keyring };
  expect(chooseMirror({ ...wish, host: [...debian, source(uri, 'jammy', keys)] })).toEqual({
    origin: 'host',
    ...found,
  });
  // Debian's own archive has no such suite.
  expect(chooseMirror({ ...wish, host: debian })).toBeUndefined();
});

it.each([
  ['bookworm', 'Debian', ['updates', 'security']],
  ['noble', 'Ubuntu', ['updates', 'security']],
  ['sid', 'Debian', []],
  ['kali-rolling', 'Debian', ['updates', 'security']],
])('takes %s for a suite of %s, with the pockets %j', (suite, vendor, pockets) => {
  expect(vendorOf(suite).name).toBe(vendor);
  expect(defaultPockets(suite)).toEqual(pockets);
});

describe('sources of a suite', () => {
  const sources = (suite: string, pockets: ('updates' | 'security')[]) =>
    suiteSources(
      { main: HOST, security: `${HOST}-security` },
      { suite, components: ['main'], pockets, signedBy: '/k.gpg' },
    ).map(({ uri, suite: name }) => `${uri} ${name}`);
  it('name its pockets', () => {
    expect(sources('trixie', ['updates', 'security'])).toEqual([
      `${HOST} trixie`,
      `${HOST} trixie-updates`,
      `${HOST}-security trixie-security`,
    ]);
    expect(sources('trixie', [])).toEqual([`${HOST} trixie`]);
    expect(sources('buster', ['security'])).toEqual([`${HOST} buster`, `${HOST}-security buster/updates`]);
  });
});

it('reads both styles of the host, in the order of names', async () => {
  await using folder = await testFolder();
  const parts = join(folder.path, 'sources.list.d');
  await mkdir(parts);
  await writeFile(join(folder.path, 'sources.list'), 'deb http://one.example.org a main\n');
  await writeFile(
    join(parts, 'b.sources'),
    'Types: deb\nURIs: http://three.example.org\nSuites: c\nComponents: main\n',
  );
  await writeFile(join(parts, 'a.list'), 'deb http://two.example.org b main\n');
  await writeFile(join(parts, 'c.list.save'), 'deb http://four.example.org d main\n');
  expect((await hostSources(folder.path)).map(({ uri }) => uri)).toEqual([
    'http://one.example.org',
    'http://two.example.org',
    'http://three.example.org',
  ]);
  expect(await hostSources(join(folder.path, 'none'))).toEqual([]);
});
