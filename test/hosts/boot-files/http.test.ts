import { describe, expect, it } from 'vitest';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import { httpFiles } from '../../../hosts/boot-files.js';
import type { ClientFacts } from '../../../hosts/site/facts.js';
import { failureOf } from '../../artifacts/formats/tools.js';
import { ARTIFACTS } from '../../util/manifest.js';
import {
  bootInput,
  clientState,
  DB1,
  DIGEST,
  generation,
  listing,
  MANIFEST,
  OTHER_DIGEST,
  textOf,
  WEB1,
} from '../boot-host.js';

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
      ...['cmdline.direct', 'cmdline.san', 'direct.ipxe', 'sanboot.ipxe'].map(
        (name) => `releases/${DIGEST}/boot/${name} -> ../../../../../../releases/${DIGEST}/boot/${name}`,
      ),
      `releases/${DIGEST}/initrd.img -> ../../../../../releases/${DIGEST}/initrd.img`,
      `releases/${DIGEST}/vmlinuz -> ../../../../../releases/${DIGEST}/vmlinuz`,
      'snponly.efi -> ../../../tftp/snponly.efi',
      'unknown.ipxe',
    ]);
  });

  it('every machine finds its script, or is told what it is called', () => {
    expect(textOf(files, 'boot.ipxe')).toBe(`#!ipxe
# Where every machine starts: finds its script by MAC address, serial number or UUID. A machine that is no client goes
# on to its next boot device after a minute. While the server does not answer, it is asked again, until Ctrl-C.
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
echo Ctrl-C goes on to the next boot device
sleep 5 || goto leave
goto known
:unknown
inc unknown-try
echo Ctrl-C goes on to the next boot device
sleep 5 || goto leave
iseq \${unknown-try:int32} 12 || goto start
:leave
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
set netX/hostname web1
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
set netX/hostname db1
set boot-tries 3
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/sanboot.ipxe || goto failed
exit 0
:failed
echo db1 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
  });

  it('a client whose root is in a VLAN has its own address without the tag, and asks DHCP there', () => {
    const manifests = new Map([[DIGEST, { ...MANIFEST, vlan: 5 }]]);
    const text = textOf(httpFiles(bootInput([clientState(DB1)], { manifests })), 'clients/db1/boot.ipxe');
    expect(text).toContain('set netX/ip 10.77.0.99\n');
    expect(text).toContain('set client-ip dhcp\n');
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

it.each([
  ['is not there', new Map(), 'is not on the host'],
  [
    'cannot be booted in its way',
    new Map([[DIGEST, { ...MANIFEST, boot: MANIFEST.boot.filter(({ method }) => method === 'direct') }]]),
    'offers no san boot',
  ],
])('a client whose release %s says so, and asks again', (_title, manifests, why) => {
  const files = httpFiles(bootInput([clientState(WEB1)], { manifests }));
  expect(textOf(files, 'clients/web1/boot.ipxe')).toBe(`#!ipxe
# The client web1. Its account is in a file of its own.
:image-debian
echo The release ${DIGEST.slice(0, 12)} ${why}
goto failed
:failed
echo web1 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
});

it('shows the files of a release by its manifest, whatever they are called', () => {
  const artifacts = ARTIFACTS.map((each) => ({ ...each, path: `a/b/${each.role}-${each.path}` }));
  const wanted = 'a/b/ipxe-script-boot/sanboot.ipxe';
  const boot = [{ method: 'san' as const, artifacts: { 'ipxe-script': wanted } }];
  const manifests = new Map([[DIGEST, { ...MANIFEST, artifacts, boot }]]);
  const files = httpFiles(bootInput([clientState(WEB1)], { manifests }));
  expect(textOf(files, 'clients/web1/boot.ipxe')).toContain(`releases/${DIGEST}/${wanted} ||`);
  expect(listing(files)).toContain(
    `releases/${DIGEST}/a/b/kernel-vmlinuz -> ../../../../../../../releases/${DIGEST}/a/b/kernel-vmlinuz`,
  );
  expect(listing(files).join('\n')).not.toContain('lun-image');
});

it('lets no LUN number be read as decimal', () => {
  const files = httpFiles(bootInput([clientState(WEB1)], { lun: 17 }));
  expect(textOf(files, 'clients/web1/boot.ipxe')).toContain('iscsi:10.77.0.1::3260:11:iqn');
});
