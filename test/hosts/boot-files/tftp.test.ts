import { describe, expect, it } from 'vitest';
import { tftpFiles } from '../../../hosts/boot-files.js';
import { bootInput, clientState, DB1, listing, textOf, WEB1 } from '../boot-host.js';

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
echo Ctrl-C goes on to the next boot device
sleep 5 || goto leave
goto start
:leave
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
