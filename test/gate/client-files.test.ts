import { expect, it } from 'vitest';
import { readCpio } from '../../artifacts/formats/cpio.js';
import type { Cell } from '../../artifacts/platform/platform.js';
import { clientCpio, gateScript } from '../../gate/client-files.js';
import { makeIdentity } from '../../gate/identity.js';
import type { GateNetwork } from '../../gate/network.js';
import { failureOf } from '../artifacts/formats/tools.js';
import { BOOT, smallManifest } from '../util/manifest.js';

function network(kind: GateNetwork['kind']): GateNetwork {
  return {
    kind,
    listen: '10.77.0.1',
    server: '10.77.0.1',
    netdev: '',
    serve: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function setUp(cell: Cell) {
  const request = { cell, manifest: smallManifest({ boot: BOOT }) };
  return { request, identity: makeIdentity(cell, 'd'.repeat(64)) };
}

it('hands the client its name and secret by iPXE settings', () => {
  const { request, identity } = setUp({ firmware: 'bios', path: 'san', secret: 'right' });
  expect(gateScript(request, identity, network('tap'))).toBe(`#!ipxe
iseq \${platform} efi && goto client ||
iseq \${netX/chip} undionly && goto client ||
chain tftp://10.77.0.1/undionly.kpxe
:client
set san-uri iscsi:10.77.0.1::3260:1:iqn.2026-01.net.lunsmith.gate:disk.bios-san
set initiator-iqn iqn.2026-01.net.lunsmith.gate:client.bios-san
set username gate-bios-san
set password ${identity.chapSecret}
set boot-tries 2
chain http://10.77.0.1/boot/sanboot.ipxe
`);
  expect(gateScript(request, identity, network('user'))).not.toContain('undionly');
});

it('keeps the secret out of the script of a direct boot', () => {
  const { request, identity } = setUp({ firmware: 'uefi', path: 'direct', secret: 'right' });
  expect(gateScript(request, identity, network('tap'))).toBe(`#!ipxe
set client-initrd http://10.77.0.1/client/initrd.cpio
set boot-tries 2
chain http://10.77.0.1/boot/direct.ipxe
`);
});

it('refuses a boot method that the release does not offer', () => {
  const { request, identity } = setUp({ firmware: 'uefi', path: 'direct', secret: 'right' });
  const manifest = smallManifest({ boot: BOOT.filter(({ method }) => method === 'san') });
  expect(failureOf(() => gateScript({ ...request, manifest }, identity, network('tap'))).diagnostics).toEqual(
    [{ what: 'This release cannot be booted by direct.', expected: 'san', found: 'direct' }],
  );
});

it('puts what the initramfs needs into a small archive that only root may read', () => {
  const { identity } = setUp({ firmware: 'bios', path: 'direct', secret: 'wrong' });
  const entries = readCpio(clientCpio(identity, '10.77.0.1'));
  const text = (path: string) => {
    const entry = entries.find((each) => each.path === path);
    return entry?.type === 'file' ? Buffer.from(entry.content).toString() : undefined;
  };
  expect(entries.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
    'etc 755',
    'etc/iscsi.initramfs 600',
    'etc/initiatorname.iscsi 600',
  ]);
  expect(
    text('etc/iscsi.initramfs'),
  ).toBe(`ISCSI_INITIATOR='iqn.2026-01.net.lunsmith.gate:client.bios-direct-wrong-secret'
ISCSI_TARGET_NAME='iqn.2026-01.net.lunsmith.gate:disk.bios-direct-wrong-secret'
ISCSI_TARGET_IP='10.77.0.1'
ISCSI_TARGET_PORT='3260'
ISCSI_TARGET_GROUP='1'
ISCSI_USERNAME='gate-bios-direct-wrong-secret'
ISCSI_PASSWORD='${identity.offeredSecret}'
`);
  expect(text('etc/initiatorname.iscsi')).toBe(
    'InitiatorName=iqn.2026-01.net.lunsmith.gate:client.bios-direct-wrong-secret\n',
  );
});
