import { describe, expect, it } from 'vitest';
import {
  ipxeStickFiles,
  kernelStick,
  type StickInput,
  stickImage,
  stickKernel,
  stickWay,
} from '../../../hosts/boot-files/stick.js';
import { failureOf } from '../../artifacts/formats/tools.js';
import { smallManifest } from '../../util/manifest.js';
import { clientState, DB1, DIGEST, HOST, MANIFEST, PC7, WEB1 } from '../boot-host.js';

const OLD = { bytes: Buffer.from('MZ\0iSCSI\0'), shown: '/usr/lib/ipxe/ipxe.efi' };
const NEW = { bytes: Buffer.from('MZ\0iSCSI\0autoexec.ipxe\0'), shown: 'new.efi' };
const WIDE = { bytes: Buffer.from('MZ\0autoexec.ipxe\0', 'utf16le'), shown: 'wide.efi' };

const input = (change: Partial<StickInput> = {}): StickInput => ({
  host: HOST,
  client: clientState(WEB1),
  firmware: ['bios', 'uefi'],
  uefiProgram: OLD,
  ...change,
});
const manifests = new Map([[DIGEST, MANIFEST]]);

it('iPXE leads wherever it reads a script from the stick', () => {
  expect(stickWay(input(), 'bios')).toBe('ipxe');
  expect(stickWay(input(), 'uefi')).toBe('kernel');
  expect(stickWay(input({ uefiProgram: NEW }), 'uefi')).toBe('ipxe');
  expect(stickWay(input({ uefiProgram: WIDE }), 'uefi')).toBe('ipxe');
});

it('its script asks for that of the client until it is there, for either firmware', () => {
  const files = ipxeStickFiles(input({ uefiProgram: NEW }), Buffer.from('lkrn'));
  expect([...files.keys()]).toEqual([
    'ipxe.lkrn',
    'boot.ipxe',
    'syslinux.cfg',
    'EFI/BOOT/BOOTX64.EFI',
    'autoexec.ipxe',
  ]);
  const script = String(files.get('boot.ipxe'));
  expect(script.split('\n')).toContain('chain --autofree http://10.77.0.1/clients/web1/boot.ipxe ||');
  expect(script).toContain('isset ${netX/ip} || dhcp || goto wait');
  expect(files.get('autoexec.ipxe')).toBe(script);
  expect(String(files.get('syslinux.cfg'))).toMatch(/ {2}KERNEL ipxe.lkrn\n {2}INITRD boot.ipxe\n/);
});

it('what shall be started is told to the script', () => {
  const files = ipxeStickFiles(input({ client: clientState(PC7), start: 'windows-installer' }), OLD.bytes);
  expect(String(files.get('boot.ipxe'))).toContain('set boot-image windows-installer\n');
  const failure = failureOf(() => stickImage(clientState(PC7), 'window'));
  expect(failure.diagnostics[0]).toEqual({
    what: 'The client pc7 has no image window.',
    hint: 'Did you mean `windows`?',
  });
});

it('for one firmware only, nothing is there for the other', () => {
  const bios = ipxeStickFiles(input({ firmware: ['bios'], uefiProgram: undefined }), OLD.bytes);
  expect([...bios.keys()]).toEqual(['ipxe.lkrn', 'boot.ipxe', 'syslinux.cfg']);
  const uefi = ipxeStickFiles(input({ firmware: ['uefi'], uefiProgram: NEW }), OLD.bytes);
  expect([...uefi.keys()]).toEqual(['EFI/BOOT/BOOTX64.EFI', 'autoexec.ipxe']);
});

describe('a kernel on the stick', () => {
  it('is that of the release that the client has a clone of, told by name, with its address and card', () => {
    const client = clientState(DB1);
    const kernel = stickKernel(input({ client }), manifests, true);
    expect(kernel).toMatchObject({
      kernel: 'vmlinuz',
      initramfs: 'initrd.img',
      commandLine: 'boot/cmdline.direct',
    });
    const parameters = 'root=UUID=1 ro dyndbg="file a.c +p" console=ttyS0,115200\n';
    const { title, grub } = kernelStick(client, kernel, { parameters, volumeId: 'AB12-CD34' });
    expect(title).toBe('db1 debian, tiny@abababababab, generation abababababab-1');
    expect(grub.split('\n')).toEqual(
      expect.arrayContaining([
        'search --no-floppy --fs-uuid --set=root AB12-CD34',
        `menuentry '${title}' {`,
        '  linux /vmlinuz root=UUID=1 ro \'dyndbg="file a.c +p"\' console=ttyS0,115200 ip=10.77.0.99::10.77.0.1:255.255.255.0:db1::off:10.77.0.2 BOOTIF=01-52-54-00-00-00-02',
        '  initrd /initrd.img',
      ]),
    );
  });

  it('asks DHCP where its root is in a VLAN: its address is that of the network by which it boots', () => {
    const client = clientState(DB1);
    const kernel = stickKernel(input({ client }), new Map([[DIGEST, { ...MANIFEST, vlan: 5 }]]), true);
    const { grub } = kernelStick(client, kernel, { parameters: 'ro\n', volumeId: 'AB12-CD34' });
    expect(grub).toContain('  linux /vmlinuz ro ip=dhcp BOOTIF=01-52-54-00-00-00-02\n');
  });

  const bare = clientState({ ...WEB1, prompts: true });
  const none = { ...clientState(WEB1), images: {} };
  const windows = new Map([[DIGEST, smallManifest({ boot: [{ method: 'san', artifacts: {} }] })]]);
  it.each([
    ['without leave', input(), manifests, false, 'no such option'],
    [
      'for a LUN that begins with nothing',
      input({ client: clientState(PC7) }),
      manifests,
      true,
      'a LUN on which a system installs itself',
    ],
    [
      'for a secret that nobody is to have',
      input({ client: bare }),
      manifests,
      true,
      '`secret: prompt:…`: only who sits at the machine has it',
    ],
    ['before a promotion', input({ client: none }), manifests, true, 'no release was promoted to stable'],
    ['for a release that is gone', input(), new Map(), true, 'none'],
    ['for a release without a kernel', input(), windows, true, 'tiny@abababababab, which offers san'],
  ])('is refused %s, with what to do', (_, of, known, withSecret, found) => {
    const [diagnostic] = failureOf(() => stickKernel(of, known, withSecret)).diagnostics;
    expect(diagnostic.found).toBe(found);
    expect(diagnostic.hint).toContain('/usr/lib/ipxe/ipxe.efi runs no autoexec.ipxe');
    expect(diagnostic.hint).toContain('For a BIOS alone: --firmware bios');
  });
});
