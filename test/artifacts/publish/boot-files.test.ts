import { describe, expect, it } from 'vitest';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import { type BootFile, confFiles, httpFiles, tftpFiles } from '../../../artifacts/publish/boot-files.js';
import type { ClientFacts, DhcpKind } from '../../../artifacts/publish/site.js';
import { failureOf } from '../formats/tools.js';
import { bootInput, clientState, DIGEST, generation, HOST, OTHER_DIGEST, WEB1 } from './boot-host.js';

const DB1: ClientFacts = {
  ...WEB1,
  name: 'db1',
  mac: '52:54:00:00:00:02',
  serial: 'AB 12',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  initiator: 'iqn.2026-01.org.example:db1',
  account: 'db1',
  address: { address: '10.77.0.99', netmask: '255.255.255.0', gateway: '10.77.0.1', dns: '10.77.0.2' },
  images: [
    { name: 'debian', channel: 'stable', boot: 'direct' },
    { name: 'arch', channel: 'edge', boot: 'san' },
  ],
};

function textOf(files: readonly BootFile[], path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  if (content === undefined || !('text' in content)) throw new Error(`no text ${path}`);
  return content.text;
}

/** `path -> link`, and `!` behind what is secret. */
function listing(files: readonly BootFile[]): string[] {
  return files.map(({ path, content, secret }) =>
    [path, ...('link' in content ? ['->', content.link] : []), ...(secret ? ['!'] : [])].join(' '),
  );
}

describe('over HTTP', () => {
  const files = httpFiles(bootInput([clientState(WEB1), clientState(DB1)]));

  it('there are scripts, links by all that identifies a machine, and releases without their disks', () => {
    expect(listing(files)).toEqual([
      'boot.ipxe',
      'clients/by-mac/52-54-00-00-00-01.ipxe -> ../web1/boot.ipxe',
      'clients/by-mac/52-54-00-00-00-02.ipxe -> ../db1/boot.ipxe',
      'clients/by-serial/AB 12.ipxe -> ../db1/boot.ipxe',
      'clients/by-uuid/01234567-89ab-cdef-0123-456789abcdef.ipxe -> ../db1/boot.ipxe',
      'clients/db1/account.ipxe !',
      'clients/db1/boot.ipxe',
      'clients/db1/debian-abababababab-1.cpio !',
      'clients/web1/account.ipxe !',
      'clients/web1/boot.ipxe',
      `releases/${DIGEST}/boot -> ../../../../../releases/${DIGEST}/boot`,
      `releases/${DIGEST}/initrd.img -> ../../../../../releases/${DIGEST}/initrd.img`,
      `releases/${DIGEST}/vmlinuz -> ../../../../../releases/${DIGEST}/vmlinuz`,
      'unknown.ipxe',
    ]);
  });

  it('every machine finds its script, or is told what it is called', () => {
    expect(textOf(files, 'boot.ipxe')).toBe(`#!ipxe
# Where every machine starts: finds its script by MAC address, serial number or UUID. A machine that is no client goes
# on to its next boot device after a minute. While the server does not answer, it is asked again, without end.
:known
set unknown-try:int32 0
:start
imgfree
chain --autofree http://10.77.0.1/clients/by-mac/\${netX/mac:hexhyp}.ipxe && goto wait ||
isset \${serial} && chain --autofree http://10.77.0.1/clients/by-serial/\${serial:uristring}.ipxe && goto wait ||
isset \${uuid} && chain --autofree http://10.77.0.1/clients/by-uuid/\${uuid}.ipxe && goto wait ||
chain --autofree http://10.77.0.1/unknown.ipxe && goto unknown ||
echo http://10.77.0.1 does not answer, next attempt in 5 seconds
:wait
isset \${boot-over} && goto over ||
sleep 5
goto known
:unknown
inc unknown-try
sleep 5
iseq \${unknown-try:int32} 12 || goto start
set boot-over 1
:over
echo Going on to the next boot device
iseq \${platform} efi && exit 1 ||
exit 0
`);
    expect(textOf(files, 'unknown.ipxe')).toBe(`#!ipxe
echo
echo This machine is no client of san1.
echo To make it one, name it in lunsmith.yaml by one of these:
echo mac: \${netX/mac}
echo serial: \${serial}
echo uuid: \${uuid}
echo and run: lunsmith client add NAME
echo
`);
  });

  it('a client with one image boots it', () => {
    expect(textOf(files, 'clients/web1/boot.ipxe')).toBe(`#!ipxe
# The client web1. Its account is in a file of its own.
:image-debian
echo web1 boots debian abababababab-1
chain --autofree http://10.77.0.1/clients/web1/account.ipxe || goto failed
set san-uri iscsi:10.77.0.1::3260:1:iqn.2026-01.org.example:san1:web1.debian.abababababab-1
set initiator-iqn iqn.2026-01.org.example:web1
set boot-tries 3
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/sanboot.ipxe || goto failed
exit 0
:failed
echo web1 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
    expect(textOf(files, 'clients/web1/account.ipxe')).toBe(
      `#!ipxe\nset username web1\nset password:hex 73:65:63:72:65:74:20:6f:66:20:77:65:62:31\n`,
    );
  });

  it('a client with several has a menu; with an address of its own it says so to both paths', () => {
    expect(textOf(files, 'clients/db1/boot.ipxe')).toBe(`#!ipxe
# The client db1. Its account is in a file of its own.
set netX/ip 10.77.0.99
set netX/netmask 255.255.255.0
set netX/gateway 10.77.0.1
set netX/dns 10.77.0.2
iseq \${boot-image} debian && goto image-debian ||
iseq \${boot-image} arch && goto image-arch ||
menu db1
item debian debian (stable, abababababab-1)
item arch arch (edge, abababababab-1)
item --gap
item .next Next boot device
choose --timeout 10000 --default debian menu-choice || goto image-debian
iseq \${menu-choice} .next && goto leave ||
goto image-\${menu-choice}
:leave
set boot-over 1
exit 0
:image-debian
echo db1 boots debian abababababab-1
set client-initrd http://10.77.0.1/clients/db1/debian-abababababab-1.cpio
set client-ip 10.77.0.99::10.77.0.1:255.255.255.0:db1::off:10.77.0.2
set boot-tries 3
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/direct.ipxe || goto failed
exit 0
:image-arch
echo db1 boots arch abababababab-1
chain --autofree http://10.77.0.1/clients/db1/account.ipxe || goto failed
set san-uri iscsi:10.77.0.1::3260:1:iqn.2026-01.org.example:san1:db1.arch.abababababab-1
set initiator-iqn iqn.2026-01.org.example:db1
set boot-tries 3
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/sanboot.ipxe || goto failed
exit 0
:failed
echo db1 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
  });

  it('a direct boot has its account in an archive', () => {
    const content = files.find(({ path }) => path.endsWith('.cpio'))?.content;
    const entries = readCpio(Buffer.from(content !== undefined && 'bytes' in content ? content.bytes : []));
    const settings = entries.find(({ path }) => path === 'etc/iscsi.initramfs');
    expect(settings?.type === 'file' && Buffer.from(settings.content).toString()).toContain(
      "ISCSI_TARGET_NAME='iqn.2026-01.org.example:san1:db1.debian.abababababab-1'",
    );
  });

  it('nothing but the secret files holds a secret', () => {
    const open = files.filter(({ secret }) => !secret).map(({ content }) => JSON.stringify(content));
    expect(open.filter((text) => /secret of|73:65:63/.test(text))).toEqual([]);
  });
});

describe('what a client with several images boots', () => {
  const choose = (change: Partial<ClientFacts>, next?: string) =>
    textOf(
      httpFiles(bootInput([clientState({ ...DB1, ...change }, next === undefined ? {} : { next })])),
      'clients/db1/boot.ipxe',
    );

  it('is, once, the image that was chosen for its next boot', () => {
    const text = choose({}, 'arch');
    expect(text).toContain(
      '&& goto image-arch ||\necho Chosen for the next boot: arch\ngoto image-arch\n:image-debian',
    );
    expect(text).not.toContain('menu ');
  });

  it('is the first at once when the menu does not wait', () => {
    expect(choose({ menuSeconds: 0 })).toContain('&& goto image-arch ||\ngoto image-debian\n:image-debian');
  });

  it('cannot be an image that it does not have', () => {
    expect(failureOf(() => choose({}, 'windows')).diagnostics).toEqual([
      {
        what: 'The client db1 cannot boot the image windows next.',
        expected: 'one of its images that has a release: debian, arch',
        found: 'windows',
      },
    ]);
  });
});

it('shows the releases of channels and of all generations that a client has', () => {
  const [now, before] = [generation('web1', 'debian'), generation('web1', 'debian', OTHER_DIGEST)];
  const images = { debian: { current: before.id, generations: [now, before] } };
  const files = httpFiles(bootInput([clientState(WEB1, { images })]));
  const shown = files.filter(({ path }) => path.endsWith('/vmlinuz')).map(({ path }) => path.split('/')[1]);
  expect(shown).toEqual([DIGEST, OTHER_DIGEST]);
  expect(textOf(files, 'clients/web1/boot.ipxe')).toContain(`releases/${OTHER_DIGEST}/boot/sanboot.ipxe`);
});

it('a client without a release says so, and asks again', () => {
  const files = httpFiles(bootInput([clientState(WEB1, { images: {} })]));
  expect(textOf(files, 'clients/web1/boot.ipxe')).toBe(`#!ipxe
# The client web1.
echo The client web1 has no image yet: no release was promoted to a channel of it.
exit 0
`);
});

it('lets no LUN number be read as decimal', () => {
  const files = httpFiles(bootInput([clientState(WEB1)], { lun: 17 }));
  expect(textOf(files, 'clients/web1/boot.ipxe')).toContain('iscsi:10.77.0.1::3260:11:iqn');
});

describe('over TFTP', () => {
  const files = tftpFiles(bootInput([clientState(WEB1), clientState(DB1)]), {
    version: '1',
    packages: {},
    files: [{ name: 'ipxe.lkrn', bytes: new Uint8Array([1]) }],
  });

  it('there is nothing secret and no release', () => {
    expect(listing(files)).toEqual([
      'boot.ipxe',
      'clients/db1/arch.ipxe',
      'clients/db1/debian.ipxe',
      'ipxe.lkrn',
      'pxelinux.cfg/01-52-54-00-00-00-01',
      'pxelinux.cfg/01-52-54-00-00-00-02',
      'pxelinux.cfg/0A4D0063',
      'pxelinux.cfg/default',
    ]);
    expect(JSON.stringify(files)).not.toMatch(/secret of|73:65:63|abab/);
  });

  it('a script leads to the HTTP server, for an image too', () => {
    const rest = `:start
# From ipxe.lkrn nothing has set up the network yet.
isset \${netX/ip} || dhcp || goto wait
chain --autofree http://10.77.0.1/boot.ipxe ||
isset \${boot-over} && goto over ||
:wait
echo http://10.77.0.1 does not answer, next attempt in 5 seconds
sleep 5
goto start
:over
iseq \${platform} efi && exit 1 ||
exit 0
`;
    const head = '#!ipxe\n# Leads to the HTTP server, and asks again until it answers.\n';
    expect(textOf(files, 'boot.ipxe')).toBe(`${head}${rest}`);
    expect(textOf(files, 'clients/db1/arch.ipxe')).toBe(`${head}set boot-image arch\n${rest}`);
  });

  it('PXELINUX loads it, and by MAC and address an image of the client', () => {
    expect(textOf(files, 'pxelinux.cfg/0A4D0063')).toBe(`DEFAULT boot
PROMPT 1
TIMEOUT 50
SAY Network boot of db1
SAY   boot: db1
SAY   image-debian: debian
SAY   image-arch: arch
SAY   local: next boot device

LABEL boot
  KERNEL ipxe.lkrn
  INITRD boot.ipxe

LABEL image-debian
  KERNEL ipxe.lkrn
  INITRD clients/db1/debian.ipxe

LABEL image-arch
  KERNEL ipxe.lkrn
  INITRD clients/db1/arch.ipxe

LABEL local
  LOCALBOOT -1
`);
    expect(textOf(files, 'pxelinux.cfg/01-52-54-00-00-00-02')).toBe(textOf(files, 'pxelinux.cfg/0A4D0063'));
    expect(textOf(files, 'pxelinux.cfg/default')).toContain('SAY   boot: as its client\n');
  });
});

describe('the configuration of the DHCP server', () => {
  const conf = (dhcp: DhcpKind, clients = [clientState(WEB1), clientState(DB1)]) =>
    confFiles(bootInput(clients, { host: { ...HOST, dhcp } }));
  const range = { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 };

  it('is none where the host has none', () => expect(conf({ kind: 'none' })).toEqual([]));

  it('of the proxy knows no client', () => {
    const files = conf({ kind: 'dnsmasq-proxy', interface: 'eth0', network: '10.77.0.0' });
    expect(
      textOf(files, 'dnsmasq.conf'),
    ).toBe(`# For the target host san1, by lunsmith; changed by it without asking.
port=0
no-resolv
no-hosts
interface=eth0
bind-interfaces

log-dhcp
dhcp-range=10.77.0.0,proxy

dhcp-userclass=set:ipxe,iPXE
pxe-service=tag:!ipxe,0,"Network boot",undionly.kpxe
pxe-service=tag:!ipxe,7,"Network boot",snponly.efi
pxe-service=tag:!ipxe,9,"Network boot",snponly.efi
pxe-service=tag:ipxe,0,"Network boot",boot.ipxe
pxe-service=tag:ipxe,7,"Network boot",boot.ipxe
pxe-service=tag:ipxe,9,"Network boot",boot.ipxe

enable-tftp
tftp-root=/srv/lunsmith/tftp
`);
  });

  it('of dnsmasq reserves the addresses of clients', () => {
    const files = conf({
      kind: 'dnsmasq',
      interface: 'eth0',
      range,
      router: '10.77.0.254',
      dns: ['10.77.0.2'],
    });
    expect(textOf(files, 'dnsmasq.conf')).toContain(`dhcp-authoritative
log-dhcp
dhcp-range=10.77.0.50,10.77.0.60,255.255.255.0,600
dhcp-option=option:router,10.77.0.254
dhcp-option=option:dns-server,10.77.0.2
dhcp-host=52:54:00:00:00:02,10.77.0.99,db1
`);
    const alone = textOf(conf({ kind: 'dnsmasq', interface: 'eth0', range }), 'dnsmasq.conf');
    expect(alone).toContain('dhcp-option=option:router\ndhcp-option=option:dns-server\n');
  });

  it('of dhcpd too', () => {
    const files = conf({ kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' });
    expect(textOf(files, 'dhcpd.conf')).toContain('next-server 10.77.0.1;\n');
    expect(textOf(files, 'dhcpd.conf')).toContain('host db1 {\n  hardware ethernet 52:54:00:00:00:02;\n');
    expect(textOf(files, 'dhcpd.conf')).not.toContain('web1');
  });

  it('cannot give one address to two', () => {
    const twin = clientState({ ...DB1, name: 'db2', mac: '52:54:00:00:00:03' });
    const failure = failureOf(() =>
      conf({ kind: 'dnsmasq', interface: 'eth0', range }, [clientState(DB1), twin]),
    );
    expect(failure.diagnostics).toEqual([
      {
        what: 'Two clients have the address 10.77.0.99.',
        expected: 'one client for each address',
        found: 'db1 and db2',
      },
    ]);
  });
});

describe('what boot files cannot hold', () => {
  const NAMES = 'at most 63 letters, digits, dots, dashes and underscores, the first a letter or a digit';
  const { mac: _mac, ...NAMELESS } = WEB1;
  it.each<[string, ClientFacts, object]>([
    [
      'a client by no name',
      NAMELESS,
      {
        what: 'No machine can be told to be the client web1.',
        expected: 'a MAC address, a serial number or a UUID',
        found: 'none of them',
      },
    ],
    [
      'a serial number with a slash',
      { ...WEB1, serial: '../db1/boot' },
      {
        what: 'The client web1 cannot be found by its serial number.',
        expected: '1 to 200 ASCII characters without a slash',
        found: '"../db1/boot"',
        hint: 'Name it by its MAC address or its UUID.',
      },
    ],
    [
      'a name of two words',
      { ...WEB1, name: 'web 1' },
      { what: '"web 1" cannot be the name of a client in boot files.', expected: NAMES, found: '"web 1"' },
    ],
    [
      'the name of a folder',
      { ...WEB1, name: 'by-mac' },
      {
        what: '"by-mac" cannot be the name of a client in boot files.',
        expected: 'another name than by-mac, by-serial, by-uuid',
        found: '"by-mac"',
      },
    ],
    [
      'an image with a dollar',
      { ...WEB1, images: [{ name: '${x}', channel: 'stable', boot: 'san' }] },
      { what: '"${x}" cannot be the name of an image in boot files.', expected: NAMES, found: '"${x}"' },
    ],
    [
      'half a second',
      { ...WEB1, menuSeconds: 0.5 },
      {
        what: 'The menu of the client web1 cannot wait that long.',
        expected: 'a whole number of seconds from 0, which is no menu, to 3599',
        found: '0.5',
      },
    ],
    [
      'an address of IPv6',
      { ...WEB1, address: { address: 'fd00::1', netmask: '255.255.255.0' } },
      {
        what: 'This is no address that boot files can hold.',
        expected: 'an IPv4 address, e.g. 192.0.2.1',
        found: '"fd00::1"',
      },
    ],
  ])('%s', (_, facts, diagnostic) => {
    const failure = failureOf(() => httpFiles(bootInput([clientState(facts)])));
    expect(failure.kind).toBe('usage');
    expect(failure.diagnostics).toEqual([diagnostic]);
  });

  it('a machine that is two clients', () => {
    const twin = clientState({ ...WEB1, name: 'web2' });
    expect(failureOf(() => httpFiles(bootInput([clientState(WEB1), twin]))).diagnostics).toEqual([
      {
        what: 'Two clients have the MAC address 52:54:00:00:00:01.',
        expected: 'one client for each machine',
        found: 'web1 and web2',
      },
    ]);
  });

  it('a client without an account', () => {
    const input = bootInput([clientState(WEB1)], { secrets: new Map() });
    expect(failureOf(() => httpFiles(input)).diagnostics).toEqual([
      {
        what: 'The client web1 has no CHAP account on its target host.',
        hint: 'Run: lunsmith client rotate web1',
      },
    ]);
  });

  it('a generation that is not there', () => {
    const images = { debian: { current: 'x-2', generations: [] } };
    expect(failureOf(() => httpFiles(bootInput([clientState(WEB1, { images })]))).diagnostics).toEqual([
      {
        what: 'The state of the client web1 is not whole.',
        expected: 'the current generation of its image debian among those that it has',
        found: 'x-2',
      },
    ]);
  });

  it('a base URL of two words', () => {
    const input = bootInput([], { host: { ...HOST, http: { url: 'http://a || shell' } } });
    expect(failureOf(() => httpFiles(input)).diagnostics[0].what).toBe(
      'The URI "http://a || shell/clients/by-mac/" cannot stand in an iPXE script.',
    );
  });
});
