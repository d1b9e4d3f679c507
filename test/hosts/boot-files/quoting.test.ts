/** No value that the site lets through means more in a boot file than itself. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Failure } from '../../../base/failure.js';
import { type BootFile } from '../../../hosts/boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../../../hosts/boot-files.js';
import type { Site } from '../../../hosts/site/facts.js';
import { bootInput, clientState } from '../boot-host.js';
import { siteOf } from '../site/a-site.js';

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
    dns: ['192.0.2.2'],
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
function faultsIn(script: string, url: string): string[] {
  const lines = script
    .split('\n')
    .slice(1, -1)
    .filter((line) => !line.startsWith('#'));
  const labels = lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1));
  const right = (line: string) => {
    const settings = [...line.matchAll(/\$\{([^}]*)\}/g)].map(([, setting = '']) => setting);
    const commands = line.split(/(?:^| )(?:\|\||&&)(?: |$)/).filter((command) => command !== '');
    return (
      settings.every((setting) => SETTINGS.test(setting)) &&
      !line.replaceAll(/\$\{[^}]*\}/g, '').includes('$') &&
      commands.every((command) => isRight(command, labels, url))
    );
  };
  return [
    ...(/^#!ipxe\n[\n -~]*\n$/.test(script) ? [] : ['not a script of ASCII']),
    ...(new Set(labels).size === labels.length ? [] : ['a label twice']),
    ...lines.filter((line) => !line.startsWith(':') && !right(line)),
  ];
}

function isRight(command: string, labels: readonly string[], url: string): boolean {
  const [verb = '', ...words] = command.split(/\s+/);
  const [target = '', second = ''] = words;
  return (
    COMMANDS.test(verb) &&
    words.every(
      (word) => !/^(#|;$)/.test(word) && (!word.startsWith('-') || verb === 'echo' || FLAGS.test(word)),
    ) &&
    (verb !== 'goto' || target.includes('${') || labels.includes(target)) &&
    (verb !== 'chain' || second.startsWith(`${url}/`)) &&
    (!['set', 'goto', 'sleep', 'clear'].includes(verb) || words.length <= 2)
  );
}

const MENU =
  /^(DEFAULT boot|PROMPT 1|TIMEOUT 50|SAY [ -~]+|LABEL [a-z0-9-]+|  KERNEL ipxe\.lkrn|  INITRD [a-z0-9./-]+|  LOCALBOOT -1|)$/;
const DNSMASQ = /^dhcp-host=52:54:00:ab:cd:01,192\.0\.2\.21,[a-z0-9-]+\.$/gm;
const RESERVATION = {
  'dnsmasq.conf': DNSMASQ,
  'dnsmasq.include': DNSMASQ,
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
        if (file.path.endsWith('.ipxe') && 'text' in file.content)
          expect(faultsIn(file.content.text, url)).toEqual([]);
        if (!file.path.startsWith('pxelinux.cfg/')) continue;
        expect(
          textOf(file)
            .split('\n')
            .filter((line) => !MENU.test(line)),
        ).toEqual([]);
      }
      for (const file of confFiles(input)) {
        const conf = textOf(file);
        const { kind } = host.dhcp;
        const which = `${kind} ${file.path}`;
        shapes.set(which, (shapes.get(which) ?? new Set()).add(shape(conf)));
        // A proxy gives no addresses, and what a subnet includes is no place for them.
        if (kind === 'dnsmasq-proxy' || file.path === 'dhcpd.include') continue;
        expect(conf.match(RESERVATION[file.path as keyof typeof RESERVATION])).toHaveLength(1);
      }
    }),
    { seed: 1, numRuns: 100 },
  );
  expect(rendered).toBeGreaterThan(30);
  expect([...shapes].map(([kind, lines]) => [kind, lines.size])).toEqual(
    expect.arrayContaining([
      ['dnsmasq-proxy dnsmasq.conf', 1],
      ['dnsmasq dnsmasq.conf', 1],
      ['dnsmasq dnsmasq.include', 1],
      ['isc-dhcpd dhcpd.conf', 1],
      ['isc-dhcpd dhcpd.include', 1],
    ]),
  );
}, 30_000);
