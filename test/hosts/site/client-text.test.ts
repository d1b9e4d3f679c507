import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../../base/failure.js';
import { addClient, removeClient } from '../../../hosts/site/client-text.js';
import { RIGHT, siteOf } from './a-site.js';

const WEB3 = { mac: '52:54:00:12:34:58', channel: 'stable', secret: 'env:WEB3_CHAP' };
const LINES = '    mac: 52:54:00:12:34:58\n    channel: stable\n    secret: env:WEB3_CHAP\n';

const COMMENTED = `# Our site.
hosts: { san1:   { address: 192.0.2.10 } }   # one host

clients:   # in racks
  # The first.
  web1:
    mac: '52:54:00:12:34:56' # eth0
    channel: stable
    secret: env:WEB1_CHAP

  # The second,
  # which is old.
  web2: { serial: "CZC123",   channel: edge, secret: file:secrets/web2 } # flow
  # The end.

channels: [ edge,stable ]
`;

function failureOf(work: () => string): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof Failure ? [error.kind, ...error.diagnostics] : error;
  }
}

describe('addClient', () => {
  it('adds lines after the last client and touches nothing else', () => {
    expect(addClient(COMMENTED, 'web3', WEB3)).toBe(
      COMMENTED.replace('# flow\n', () => `# flow\n  web3:\n${LINES}`),
    );
  });

  it('indents as the others are', () => {
    const text = 'clients:\n    web1:\n        mac: x';
    expect(addClient(text, 'web3', { mac: 'y', secret: 'z' })).toBe(
      `${text}\n    web3:\n        mac: y\n        secret: z\n`,
    );
  });

  it.each([
    ['no clients', 'hosts: {} # x\n', `hosts: {} # x\nclients:\n  web3:\n${LINES}`],
    [
      'clients that are commented out',
      'clients:\n  # web1:\nhosts: {}\n',
      `clients:\n  web3:\n${LINES}  # web1:\nhosts: {}\n`,
    ],
    ['a document that ends', 'hosts: {} # x\n...\n', undefined],
    ['an empty map', 'clients: {}\nhosts: {} # x\n', undefined],
    ['a map on one line', 'clients: { web1: { mac: a } } # x\nhosts: {} # y\n', undefined],
    ['an anchor', 'clients:\n  web1: &a\n    mac: a\n', undefined],
    [
      'text that keeps its newlines',
      'clients:\n  web1:\n    secret: |+\n      a\n\n\nhosts: {}\n',
      undefined,
    ],
  ])('copes with %s', (_, before, after) => {
    const text = addClient(before, 'web3', WEB3);
    if (after !== undefined) expect(text).toBe(after);
    const old = parse(before) as Record<string, unknown>;
    expect(parse(text)).toEqual({ ...old, clients: { ...(old['clients'] as object | null), web3: WEB3 } });
    for (const comment of before.match(/# .*/g) ?? []) expect(text).toContain(comment);
  });

  it('writes images as they are given, and quotes what needs it', () => {
    const images = [{ name: 'a', channel: 'edge', size: '10G' }];
    const text = addClient(RIGHT, 'web3', { serial: '123', secret: 'file:my secret: x', images });
    expect(text).toBe(
      `${RIGHT}  web3:\n    serial: "123"\n    secret: "file:my secret: x"\n    images:\n      - name: a\n        channel: edge\n        size: 10G\n`,
    );
    expect(siteOf(text).clients[2]).toMatchObject({ serial: '123', images: [{ bytes: 10 * 1024 ** 3 }] });
  });

  it('refuses a name that is taken', () => {
    expect(failureOf(() => addClient(RIGHT, 'web1', WEB3))).toEqual([
      'usage',
      {
        what: 'The site has a client `web1` already.',
        hint: 'Choose another name; or change it in the site, then run: npx lunsmith client add web1',
      },
    ]);
  });
});

describe('removeClient', () => {
  it('takes the comments above along and touches nothing else', () => {
    expect(removeClient(COMMENTED, 'web2')).toBe(COMMENTED.replace(/ {2}# The second,[^]*# flow\n/, ''));
    expect(removeClient(COMMENTED, 'web1')).toBe(COMMENTED.replace(/ {2}# The first\.[^]*WEB1_CHAP\n/, ''));
  });

  it.each([
    [
      'the only one',
      'hosts: {}\nclients:\n  web1:\n    mac: a\nchannels: [a] # x\n',
      'hosts: {}\nclients:\nchannels: [a] # x\n',
    ],
    [
      'one at the end without a newline',
      'clients:\n  web2: {}\n  web1:\n    mac: a',
      'clients:\n  web2: {}\n',
    ],
    ['one with nothing', 'clients:\n  web1:\n  web2: {}\n', 'clients:\n  web2: {}\n'],
    [
      'one on the line of another',
      'clients: { web1: { mac: a }, web2: { mac: b } } # x\n',
      'clients: { web2: { mac: b } } # x\n',
    ],
    ['one in quotes', 'clients:\n  "web1":\n    mac: a\n  web2: {}\n', 'clients:\n  web2: {}\n'],
  ])('removes %s', (_, before, after) => {
    expect(removeClient(before, 'web1')).toBe(after);
  });

  it('refuses a name that is not there', () => {
    expect(failureOf(() => removeClient(RIGHT, 'wbe1'))).toEqual([
      'usage',
      { what: 'The site has no client `wbe1`.', hint: 'Did you mean `web1`?' },
    ]);
    expect(failureOf(() => removeClient('hosts: {}\n', 'web1'))).toEqual([
      'usage',
      { what: 'The site has no client `web1`.' },
    ]);
  });
});

it('lines end as those around them do, also in a file of both kinds', () => {
  const crlf = COMMENTED.replaceAll('\n', '\r\n');
  const added = crlf.replace('# flow\r\n', () => `# flow\r\n  web3:\n${LINES}`.replace(/\r?\n/g, '\r\n'));
  expect(addClient(crlf, 'web3', WEB3)).toBe(added);
  expect(removeClient(added, 'web3')).toBe(crlf);
  const mixed = COMMENTED.replace('# flow\n', '# flow\r\n');
  const both = addClient(mixed, 'web3', WEB3);
  expect(both.replace(/ {2}web3:\r\n(?: {4}.*\r\n){3}/, '')).toBe(mixed);
  expect(removeClient(both, 'web3')).toBe(mixed);
  const flow = 'clients: { web1: { mac: a } } # x\r\nhosts: {} # y\r\n';
  expect(addClient(flow, 'web3', WEB3)).not.toMatch(/[^\r]\n/);
});

it.each([
  ['clients:\n  web1: &first\n    mac: a\n  web2: *first\n', 'first'],
  ['clients:\n  web1:\n    secret: &chap env:A\n  web2:\n    secret: *chap\n', 'chap'],
])('does not remove a client by whose anchor another is written: %j', (text, anchor) => {
  expect(failureOf(() => removeClient(text, 'web1'))).toEqual([
    'usage',
    {
      what: `The client \`web1\` cannot be taken out of the site: others are written by its anchor \`&${anchor}\`.`,
      expected: 'an anchor that only `web1` uses',
      found: `\`*${anchor}\` elsewhere`,
      hint: expect.stringContaining('`--keep-entry`') as unknown,
    },
  ]);
  expect(parse(removeClient(text, 'web2'))).toHaveProperty('clients.web1');
});

it('undoes what was added, byte for byte', () => {
  const line = fc.constantFrom('', '  # a comment', '    # deeper', '# at the margin');
  const client = fc.tuple(fc.array(line, { maxLength: 2 }), fc.boolean(), fc.constantFrom('', ' # here'));
  const site = fc
    .array(client, { minLength: 1, maxLength: 3 })
    .map((clients) =>
      [
        'hosts: { san1: { address: 192.0.2.10 } }',
        'clients:',
        ...clients.flatMap(([above, flow, beside], index) => [
          ...above,
          ...(flow
            ? [`  c${index}: { serial: s${index}, channel: edge, secret: env:C${index} }${beside}`]
            : [
                `  c${index}:${beside}`,
                `    serial: s${index}${beside}`,
                '    channel: edge',
                `    secret: env:C${index}${beside}`,
              ]),
        ]),
        '',
      ].join('\n'),
    );
  fc.assert(
    fc.property(site, (text) => {
      const added = addClient(text, 'web3', WEB3);
      expect(siteOf(added).clients.map(({ name }) => name)).toEqual([
        ...siteOf(text).clients.map(({ name }) => name),
        'web3',
      ]);
      expect(removeClient(added, 'web3')).toBe(text);
    }),
    { seed: 1, numRuns: 30 },
  );
});
