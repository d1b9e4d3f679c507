import { describe, expect, it } from 'vitest';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import { httpFiles } from '../../../hosts/boot-files.js';
import type { ClientFacts } from '../../../hosts/site/facts.js';
import { bootInput, clientState, DIGEST, HOST, MANIFEST, PC7, textOf, WEB1 } from '../boot-host.js';

const host = { ...HOST, target: { ...HOST.target, portals: ['10.77.0.1', '10.79.0.1'] } };
const TARGET = 'iqn.2026-01.org.example:san1:web1.debian.abababababab-1';
const [FIRST, SECOND] = [`iscsi:10.77.0.1::3260:1:${TARGET}`, `iscsi:10.79.0.1::3260:1:${TARGET}`];
const SEVERAL: Manifest = { ...MANIFEST, multipath: true };

function filesOf(client: ClientFacts, manifest = MANIFEST) {
  return httpFiles(bootInput([clientState(client)], { host, manifests: new Map([[DIGEST, manifest]]) }));
}

describe('two portals', () => {
  it('are tried one after the other for a system that knows one path', () => {
    const files = filesOf(WEB1);
    expect(textOf(files, 'clients/web1/boot.ipxe')).toBe(`#!ipxe
# The client web1. Its account is in a file of its own.
isset \${net0/mac} || goto cards
isset \${net0/ip} || ifconf --configurator dhcp net0 ||
isset \${net1/mac} || goto cards
isset \${net1/ip} || ifconf --configurator dhcp net1 ||
isset \${net2/mac} || goto cards
isset \${net2/ip} || ifconf --configurator dhcp net2 ||
isset \${net3/mac} || goto cards
isset \${net3/ip} || ifconf --configurator dhcp net3 ||
:cards
:image-debian
echo web1 boots debian abababababab-1
chain --autofree http://10.77.0.1/clients/web1/account.ipxe || goto failed
set san-uri ${FIRST}
set initiator-iqn iqn.2026-01.org.example:web1
set netX/hostname web1
set boot-tries 1
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/sanboot.ipxe || goto failed
set san-uri ${SECOND}
set initiator-iqn iqn.2026-01.org.example:web1
set netX/hostname web1
set boot-tries 1
chain --autofree http://10.77.0.1/releases/${DIGEST}/boot/sanboot.ipxe || goto failed
exit 0
:failed
echo web1 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
    expect(files.map(({ path }) => path)).not.toContain('clients/web1/debian-abababababab-1.ipxe');
  });

  it('are one drive, and both in the iBFT, for a system that makes one disk of them', () => {
    const files = filesOf(WEB1, SEVERAL);
    expect(textOf(files, 'clients/web1/boot.ipxe')).toContain(`
set initiator-iqn iqn.2026-01.org.example:web1
set netX/hostname web1
set boot-tries 3
chain --autofree http://10.77.0.1/clients/web1/debian-abababababab-1.ipxe || goto failed
exit 0
`);
    const script = textOf(files, 'clients/web1/debian-abababababab-1.ipxe');
    // It describes none where it has no route to one.
    expect(script).toContain(`
isset \${gateway} && goto routed ||
isset \${net0/ip} && set net0/gateway 10.77.0.1 ||
`);
    expect(script.indexOf('\n:routed\n')).toBeLessThan(script.indexOf('sanboot '));
    expect(script).toContain(`\nsanboot ${FIRST} ${SECOND} && `);
    expect(script).toContain(`\nsanboot --filename \\EFI\\BOOT\\BOOTX64.EFI ${FIRST} ${SECOND} && `);
    expect(script).not.toContain('san-uri');
  });

  it.each([
    [SEVERAL, "ISCSI_TARGET_IP='10.77.0.1'\nISCSI_PORTALS='10.77.0.1 10.79.0.1'\n"],
    [MANIFEST, "ISCSI_TARGET_IP='10.77.0.1'\nISCSI_TARGET_PORT="],
  ])('are in the archive of a direct boot where its initramfs knows them: %#', (manifest, lines) => {
    const web1 = { ...WEB1, images: [{ name: 'debian', channel: 'stable', boot: 'direct' }] } as const;
    const files = filesOf(web1, manifest);
    const content = files.find(({ path }) => path.endsWith('.cpio'))?.content;
    const [entry] = readCpio(
      content !== undefined && 'bytes' in content ? Buffer.from(content.bytes) : Buffer.alloc(0),
    ).filter(({ path }) => path === 'etc/iscsi.initramfs');
    expect(entry?.type === 'file' ? entry.content.toString() : '').toContain(lines);
    // The kernel configures the cards itself.
    expect(textOf(files, 'clients/web1/boot.ipxe')).not.toContain('ifconf');
  });

  it('are one for a system that installs itself', () => {
    const script = textOf(filesOf(PC7, SEVERAL), 'clients/pc7/boot.ipxe');
    expect(script).toContain('sanhook --drive 0x80 iscsi:10.77.0.1:');
    expect(script).not.toContain('iscsi:10.79.0.1');
  });

  it('are asked both whether they take what a person has typed', () => {
    const script = textOf(filesOf({ ...WEB1, prompts: true }), 'clients/web1/boot.ipxe');
    expect(script).toContain(`sanhook --drive 0x80 ${FIRST} ${SECOND} || goto refused-debian`);
  });
});

it('one portal of several that the site names is as ever', () => {
  const one = { ...HOST, target: { ...HOST.target, portals: ['10.77.0.5'] } };
  const files = httpFiles(
    bootInput([clientState(WEB1)], { host: one, manifests: new Map([[DIGEST, SEVERAL]]) }),
  );
  const script = textOf(files, 'clients/web1/boot.ipxe');
  expect(script).toContain(`set san-uri iscsi:10.77.0.5::3260:1:${TARGET}\n`);
  expect(script).toContain('set boot-tries 3\n');
  expect(script).not.toContain('ifconf');
});
