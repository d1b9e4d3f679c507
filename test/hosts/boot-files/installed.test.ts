/** What a client is handed on whose LUN a system installs itself. */
import { expect, it } from 'vitest';
import { httpFiles, tftpFiles } from '../../../hosts/boot-files.js';
import { smallManifest } from '../../util/manifest.js';
import { bootInput, clientState, DIGEST, PC7, textOf } from '../boot-host.js';

const TARGET = 'iqn.2026-01.org.example:san1:pc7.windows.abababababab-1';
const [DISK, INSTALLER] = [1, 2].map((lun) => `iscsi:10.77.0.1::3260:${lun}:${TARGET}`);
const account = 'chain --autofree http://10.77.0.1/clients/pc7/account.ipxe || goto failed';
const hook = (drive: string, uri: string | undefined) =>
  `set keep-san 0\nsanunhook --drive ${drive} ||\nsanhook --drive ${drive} ${uri} || goto failed\nset keep-san 1\n`;
const hooked = hook('0x80', DISK);
const script = (next?: string, facts = PC7) =>
  textOf(
    httpFiles(bootInput([clientState(facts, next === undefined ? {} : { next })])),
    'clients/pc7/boot.ipxe',
  );

it('boots the LUN, and its installer where nothing on the LUN boots, each as the drive that it always is', () => {
  const text = script(undefined, { ...PC7, menuSeconds: 0 });
  expect(text).toBe(`#!ipxe
# The client pc7. Its account is in a file of its own.
iseq \${boot-image} windows && goto image-windows ||
iseq \${boot-image} windows-installer && goto image-windows-installer ||
goto image-windows
:image-windows
echo pc7 boots windows abababababab-1
${account}
set initiator-iqn iqn.2026-01.org.example:pc7
${hooked}iseq \${platform} efi && goto efi-windows ||
sanboot --drive 0x80 || goto empty-windows
goto empty-windows
:efi-windows
sanboot --drive 0x80 --filename \\EFI\\BOOT\\BOOTX64.EFI || goto empty-windows
goto empty-windows
:empty-windows
echo Nothing on windows boots: no system is installed there, or its loader ended
${hooked}iseq \${boot-image} windows && goto leave-windows ||
echo windows-installer starts in 10 seconds. Ctrl-C goes on to the next boot device
sleep 10 || goto leave-windows
:image-windows-installer
echo pc7 boots windows-installer abababababab-1
${account}
set initiator-iqn iqn.2026-01.org.example:pc7
${hooked}${hook('0x81', INSTALLER)}iseq \${platform} efi && goto efi-windows-installer ||
sanboot --drive 0x81 || goto ended-windows-installer
goto ended-windows-installer
:efi-windows-installer
sanboot --drive 0x81 --filename \\EFI\\BOOT\\BOOTX64.EFI || goto ended-windows-installer
goto ended-windows-installer
:ended-windows-installer
echo Nothing on windows-installer boots by this firmware, or its loader ended
:leave-windows
iseq \${platform} efi || goto over-windows
set keep-san 0
sanunhook --drive 0x80 ||
set keep-san 0
sanunhook --drive 0x81 ||
:over-windows
set boot-over 1
exit 0
:failed
echo pc7 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
});

it('starts WinPE by wimboot where the installer brings it, with both LUNs hooked, and else from its LUN', () => {
  const path = 'boot/winpe/start.ipxe';
  const boot = [{ method: 'san' as const, artifacts: { 'winpe-script': path } }];
  const artifacts = [{ role: 'winpe-script' as const, path, bytes: 0, digest: `sha256:${DIGEST}` }];
  const manifests = new Map([[DIGEST, smallManifest({ artifacts, boot })]]);
  const files = httpFiles(bootInput([clientState(PC7)], { manifests }));
  expect(textOf(files, 'clients/pc7/boot.ipxe')).toContain(`${hook('0x81', INSTALLER)}\
chain --autofree http://10.77.0.1/releases/${DIGEST}/${path} ||
echo wimboot could not start WinPE: the LUN of the installer is tried
iseq \${platform} efi && goto efi-windows-installer ||
`);
  expect(files.map((each) => each.path)).toContain(`releases/${DIGEST}/${path}`);
});

it('has both in its menu, and the one that was chosen for the next boot without one', () => {
  const menu = script();
  expect(menu).toContain('item windows windows (installer, abababababab-1)\n');
  expect(menu).toContain('item windows-installer windows-installer (installer, abababababab-1)\n');
  expect(script('windows-installer')).toContain(
    'echo Chosen for the next boot: windows-installer\ngoto image-windows-installer\n',
  );
  // Who chose the LUN itself is not given an installer.
  expect(script('windows')).toContain(`${hooked}goto leave-windows\n`);
});

it('asks for the secret before it boots, where nobody but a person is to have it', () => {
  const files = httpFiles(bootInput([clientState({ ...PC7, prompts: true })]));
  const text = textOf(files, 'clients/pc7/boot.ipxe');
  expect(text).toContain(`isset \${account-known} && goto known-windows ||
:login-windows
set username pc7
clear password
login || goto left
set initiator-iqn iqn.2026-01.org.example:pc7
set keep-san 0
sanunhook --drive 0x80 ||
sanhook --drive 0x80 ${DISK} || goto refused-windows
set keep-san 1
set account-known 1
goto known-windows
:refused-windows
clear password
echo The target refuses this user and secret, or does not answer
echo Ctrl-C, here or in the form, goes on to the next boot device
sleep 5 || goto left
goto login-windows
:known-windows
set keep-san 0
sanunhook --drive 0x80 ||
`);
  expect(text).toMatch(/:left\nset boot-over 1\nexit 0\n$/);
  expect(files.map(({ path }) => path)).not.toContain('clients/pc7/account.ipxe');
  expect(JSON.stringify(files)).not.toMatch(/secret of|73:65:63/);
});

it('has both in the menu of PXELINUX', () => {
  const files = tftpFiles(bootInput([clientState(PC7)]));
  const menu = textOf(files, 'pxelinux.cfg/01-52-54-00-00-00-07');
  for (const name of ['windows', 'windows-installer']) {
    expect(menu).toContain(`LABEL image-${name}\n  KERNEL ipxe.lkrn\n  INITRD clients/pc7/${name}.ipxe\n`);
    expect(textOf(files, `clients/pc7/${name}.ipxe`)).toContain(`set boot-image ${name}\n`);
  }
});

it('goes on to the next boot device where nothing boots and there is no installer, with the LUN hooked', () => {
  const own = { name: 'windows', boot: 'san', bytes: 60 * 1024 ** 3, blank: true } as const;
  const facts = { ...PC7, images: [own] as const };
  expect(script(undefined, facts)).toBe(`#!ipxe
# The client pc7. Its account is in a file of its own.
:image-windows
echo pc7 boots windows abababababab-1
${account}
set initiator-iqn iqn.2026-01.org.example:pc7
${hooked}iseq \${platform} efi && goto efi-windows ||
sanboot --drive 0x80 || goto empty-windows
goto empty-windows
:efi-windows
sanboot --drive 0x80 --filename \\EFI\\BOOT\\BOOTX64.EFI || goto empty-windows
goto empty-windows
:empty-windows
echo Nothing on windows boots: no system is installed there, or its loader ended
${hooked}iseq \${platform} efi || goto over-windows
set keep-san 0
sanunhook --drive 0x80 ||
:over-windows
set boot-over 1
exit 0
:failed
echo pc7 cannot boot now: http://10.77.0.1 is down or lacks its files
exit 0
`);
  const menu = script(undefined, { ...facts, images: [own, { ...own, name: 'data' }] });
  expect(menu).toContain('item data data (its own, abababababab-1)\n');
  expect(menu).not.toContain('-installer');
});
