/** No value that the site lets through means more in a boot file than itself. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Failure } from '../../../../artifacts/failure.js';
import { type BootFile, confFiles, httpFiles, tftpFiles } from '../../../../artifacts/publish/boot-files.js';
import type { Site } from '../../../../artifacts/publish/site.js';
import { siteOf } from '../../../pipeline/site/a-site.js';
import { bootInput, clientState } from '../boot-host.js';

/** What has a meaning in one of the files, or in a shell. */
const SIGNS = [
  '#',
  '||',
  '&&',
  ';',
  '${netX/mac}',
  '$',
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  ' ',
  ',',
  '..',
  '/',
  '-',
  '{',
  '}',
  '%',
  'é',
];
const WORDS = [
  'ignore',
  'infinite',
  '42',
  '10m',
  'group',
  'exit',
  'failed',
  'leave',
  'start',
  '0x1f',
  'by-mac',
  'local',
  'boot',
];

/** Mostly what is right, and now and then with a sign in it. */
function text(right: RegExp): fc.Arbitrary<string> {
  const words = WORDS.filter((word) => right.test(word));
  const plain =
    words.length === 0
      ? fc.stringMatching(right)
      : fc.oneof(fc.stringMatching(right), fc.constantFrom(...words));
  const spoilt = fc
    .tuple(plain, fc.constantFrom(...SIGNS), fc.nat(6))
    .map(([value, sign, at]) => value.slice(0, at) + sign + value.slice(at));
  return fc.oneof({ weight: 20, arbitrary: plain }, { weight: 1, arbitrary: spoilt });
}

const name = text(/^[a-z0-9]{1,9}(-[a-z0-9]{1,9})?$/);
const dhcps = fc.constantFrom<object>(
  { interface: 'eth0', network: '192.0.2.0/24' },
  { kind: 'isc-dhcpd', network: '192.0.2.0/24', dns: ['192.0.2.2'] },
  {
    kind: 'dnsmasq',
    interface: 'br-lab.7',
    network: '192.0.2.0/24',
    range: { first: '192.0.2.100', last: '192.0.2.199' },
  },
);
const written = fc.record({
  host: name,
  root: text(/^\/[A-Za-z0-9._+@=-]{1,12}$/),
  url: text(/^http:\/\/[a-z][a-z0-9]{0,9}(\.example)?:8080(\/[A-Za-z0-9._~%+=,@:-]{1,9})?$/),
  interface: fc.option(text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/)),
  dhcp: dhcps,
  client: name,
  images: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  channel: name,
  serial: text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  account: text(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/),
  initiator: text(/^(iqn\.2026-01\.org\.example:[a-z0-9:.-]{1,20}|eui\.[0-9A-F]{16})$/),
  menu: fc.integer({ min: 0, max: 3601 }),
  boot: fc.constantFrom('san', 'direct'),
});
type Written = typeof written extends fc.Arbitrary<infer T> ? T : never;

function siteFile(from: Written): string {
  const interfaceOf =
    'interface' in from.dhcp && from.interface !== null ? { interface: from.interface } : {};
  return stringify({
    hosts: {
      [from.host]: {
        root: from.root,
        address: '192.0.2.10',
        http: { url: from.url },
        dhcp: { ...from.dhcp, ...interfaceOf },
      },
    },
    channels: [from.channel],
    clients: {
      [from.client]: {
        mac: '52-54-00-AB-CD-01',
        serial: from.serial,
        account: from.account,
        initiator: from.initiator,
        secret: 'env:SECRET',
        address: '192.0.2.21',
        'menu-seconds': from.menu,
        images: from.images.map((image) => ({ name: image, channel: from.channel, boot: from.boot })),
      },
    },
  });
}

const COMMANDS = /^(set|clear|isset|iseq|inc|echo|goto|chain|imgfree|sleep|menu|item|choose|dhcp|exit)$/;
const SETTINGS =
  /^(netX\/(mac(:hexhyp)?|ip)|serial(:uristring)?|uuid|platform|boot-over|boot-image|menu-choice|unknown-try:int32)$/;
const FLAGS = /^--(autofree|gap|timeout|default)$/;

/** Reads a script as iPXE does: settings are expanded, words are split at white space, `||` and `&&` are words. */
function checkScript(script: string, url: string): void {
  expect(script).toMatch(/^#!ipxe\n[\n -~]*\n$/);
  const lines = script
    .split('\n')
    .slice(1, -1)
    .filter((line) => !line.startsWith('#'));
  const labels = lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1));
  expect(new Set(labels).size).toBe(labels.length);
  for (const line of lines.filter((each) => !each.startsWith(':'))) {
    const settings = [...line.matchAll(/\$\{([^}]*)\}/g)].map(([, setting = '']) => setting);
    for (const setting of settings) expect(setting).toMatch(SETTINGS);
    expect(line.replaceAll(/\$\{[^}]*\}/g, '')).not.toContain('$');
    const commands = line.split(/(?:^| )(?:\|\||&&)(?: |$)/).filter((command) => command !== '');
    for (const command of commands) {
      const [verb = '', ...words] = command.split(/\s+/);
      expect(verb).toMatch(COMMANDS);
      for (const word of words) {
        expect(word).not.toMatch(/^(#|;$)/);
        if (word.startsWith('-') && verb !== 'echo') expect(word).toMatch(FLAGS);
      }
      const [target = ''] = words;
      if (verb === 'goto' && !target.includes('${')) expect(labels).toContain(target);
      if (verb === 'chain') expect(words[1]?.startsWith(`${url}/`)).toBe(true);
      if (['set', 'goto', 'sleep', 'clear'].includes(verb)) expect(words.length).toBeLessThanOrEqual(2);
    }
  }
}

const MENU =
  /^(DEFAULT boot|PROMPT 1|TIMEOUT 50|SAY [ -~]+|LABEL [a-z0-9-]+|  KERNEL ipxe\.lkrn|  INITRD [a-z0-9./-]+|  LOCALBOOT -1|)$/;
const RESERVATION = {
  'dnsmasq.conf': /^dhcp-host=52:54:00:ab:cd:01,192\.0\.2\.21,[a-z0-9-]+\.$/gm,
  'dhcpd.conf':
    /^host [a-z0-9-]+ \{\n {2}hardware ethernet 52:54:00:ab:cd:01;\n {2}fixed-address 192\.0\.2\.21;\n {2}option host-name "[a-z0-9-]+";\n\}$/gm,
};

function textOf({ content }: BootFile): string {
  return 'text' in content ? content.text : '';
}

function siteOrNothing(file: string): Site | undefined {
  try {
    return siteOf(file);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') return undefined;
    throw error;
  }
}

/** Lines of the configuration that do not follow from how many clients there are. */
const shape = (conf: string) => conf.split('\n').length;

it('scripts, menus and configurations of any site are what they would be of a plain one', () => {
  let rendered = 0;
  const shapes = new Map<string, Set<number>>();
  fc.assert(
    fc.property(written, (from) => {
      const site = siteOrNothing(siteFile(from));
      const [host] = site?.hosts ?? [];
      const [client] = site?.clients ?? [];
      if (host === undefined || client === undefined) return;
      // The one name that only the folder of boot files cannot hold.
      if (/^by-(mac|serial|uuid)$/.test(client.name)) return;
      rendered += 1;
      const input = bootInput([clientState(client)], { host });
      const { url } = host.http;
      for (const file of [...httpFiles(input), ...tftpFiles(input)]) {
        expect(file.path).toMatch(/^[A-Za-z0-9._/-]+$/);
        expect(file.path.split('/')).not.toContain('..');
        if (file.path.endsWith('.ipxe') && textOf(file) !== '') checkScript(textOf(file), url);
        if (!file.path.startsWith('pxelinux.cfg/')) continue;
        for (const line of textOf(file).split('\n')) expect(line).toMatch(MENU);
      }
      for (const file of confFiles(input)) {
        const conf = textOf(file);
        const kind = host.dhcp.kind;
        shapes.set(kind, (shapes.get(kind) ?? new Set()).add(shape(conf)));
        if (kind === 'dnsmasq-proxy') continue;
        expect(conf.match(RESERVATION[file.path as keyof typeof RESERVATION])).toHaveLength(1);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
  expect(rendered).toBeGreaterThan(60);
  expect([...shapes].map(([kind, lines]) => [kind, lines.size])).toEqual(
    expect.arrayContaining([
      ['dnsmasq-proxy', 1],
      ['dnsmasq', 1],
      ['isc-dhcpd', 1],
    ]),
  );
});
