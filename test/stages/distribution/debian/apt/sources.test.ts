import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AptSource,
  formatSource,
  formatSources,
  listPrefix,
  parseDeb822,
  parseOneLine,
} from '../../../../../stages/distribution/debian/apt/sources.js';

describe('one-line style', () => {
  it.each<[string, string, AptSource[]]>([
    [
      'plain',
      'deb http://mirror.example.org/debian bookworm main contrib',
      [{ uri: 'http://mirror.example.org/debian', suite: 'bookworm', components: ['main', 'contrib'] }],
    ],
    [
      'options, tabs and a slash at the end',
      'deb\t[ arch=amd64 signed-by=/k.gpg ] https://mirror.example.org/debian/ trixie main # why',
      [
        {
          uri: 'https://mirror.example.org/debian',
          suite: 'trixie',
          components: ['main'],
          signedBy: '/k.gpg',
        },
      ],
    ],
    ['a flat archive', 'deb file:/srv/debs ./', [{ uri: 'file:/srv/debs', suite: './', components: [] }]],
    [
      'sources, comments, blanks and nonsense',
      'deb-src http://a b main\n# deb http://a b main\n\ndeb\nhello',
      [],
    ],
  ])('%s', (_, text, sources) => {
    expect(parseOneLine(text)).toEqual(sources);
  });

  it('comes back from what is written', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
    const source = fc.record(
      {
        uri: word.map((host) => `https://${host}.example.org/debian`),
        suite: word,
        components: fc.array(word, { minLength: 1, maxLength: 3 }),
        signedBy: word.map((name) => `/usr/share/keyrings/${name}.gpg`),
      },
      { requiredKeys: ['uri', 'suite', 'components'] },
    );
    const property = fc.property(fc.array(source, { minLength: 1 }), (sources) => {
      expect(parseOneLine(formatSources(sources))).toEqual(sources);
    });
    fc.assert(property, { seed: 1, numRuns: 100 });
  });

  it('is written without a space at the end', () => {
    expect(formatSource({ uri: 'file:/srv/debs', suite: './', components: [] })).toBe(
      'deb file:/srv/debs ./',
    );
  });
});

describe('deb822 style', () => {
  const stanza = (more: string) =>
    `Types: deb deb-src\nURIs: http://mirror.example.org/debian\nSuites: bookworm bookworm-updates\nComponents: main\n${more}`;
  const both = (signedBy?: string): AptSource[] =>
    ['bookworm', 'bookworm-updates'].map((suite) => ({
      uri: 'http://mirror.example.org/debian',
      suite,
      components: ['main'],
      ...(signedBy === undefined ? {} : { signedBy }),
    }));

  it.each<[string, string, AptSource[]]>([
    ['each suite of each URI', stanza(''), both()],
    ['a keyring', stanza('Signed-By: /usr/share/keyrings/k.gpg\n'), both('/usr/share/keyrings/k.gpg')],
    [
      'an embedded key',
      stanza('Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n AAAA\n'),
      both('inline'),
    ],
    ['a comment between fields', `# top\n${stanza('# inside\nSigned-By: /k.gpg\n')}`, both('/k.gpg')],
    ['a switched-off stanza', stanza('Enabled: no\n'), []],
    ['sources alone', 'Types: deb-src\nURIs: http://a\nSuites: b\nComponents: main\n', []],
    ['two stanzas', `${stanza('')}\n${stanza('Enabled: yes')}`, [...both(), ...both()]],
    ['nothing', '', []],
  ])('%s', (_, text, sources) => {
    expect(parseDeb822(text)).toEqual(sources);
  });
});

it.each([
  ['http://mirror.example.org/debian', 'bookworm', 'mirror.example.org_debian_dists_bookworm_'],
  ['http://127.0.0.1:8080/debian', 'trixie', '127.0.0.1:8080_debian_dists_trixie_'],
  ['http://a.example.org/debs', '/', 'a.example.org_debs_'],
  ['http://a.example.org/debs', './', 'a.example.org_debs_._'],
  ['https://user:word@a.example.org/my_debs', 'x~y', 'a.example.org_my%5fdebs_dists_x%7ey_'],
])('lists of %s %s begin with %s', (uri, suite, prefix) => {
  expect(listPrefix({ uri, suite })).toBe(prefix);
});
