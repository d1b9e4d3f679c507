import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directScript, sanbootScript, sanUri, setSetting, uriWord } from '../../../artifacts/formats/ipxe.js';
import { failureOf } from './tools.js';

it('writes the script that boots the LUN', () => {
  expect(sanbootScript('EFI/BOOT/BOOTX64.EFI')).toBe(`#!ipxe
# Boots the LUN of this release over iSCSI. It belongs to no client; whoever chains to it sets:
#   san-uri        iscsi:SERVER::PORT:LUN:TARGET, the LUN in hexadecimal
#   initiator-iqn  the name by which the target knows the client
#   username, password  its CHAP account
#   boot-tries     attempts before it gives up (unset: it never does)
isset \${san-uri} || echo The setting san-uri is missing.
isset \${san-uri} || exit
set boot-try:int32 1
:try
echo SAN boot, attempt \${boot-try:int32}
iseq \${platform} efi && goto efi ||
sanboot \${san-uri} && goto failed || goto failed
:efi
sanboot --filename \\EFI\\BOOT\\BOOTX64.EFI \${san-uri} && goto failed || goto failed
:failed
isset \${boot-tries} && iseq \${boot-try:int32} \${boot-tries} && goto over ||
echo SAN boot failed, next attempt in 5 seconds
inc boot-try
sleep 5
goto try
:over
echo SAN boot failed, giving up
exit
`);
});

const URIS = { kernel: '../vmlinuz', initramfs: '../initrd.img' };

it('writes the script that boots kernel and initramfs', () => {
  const script = directScript(['root=UUID=x', 'ro', 'console=ttyS0,115200', 'dyndbg=file a.c +p'], URIS);
  expect(script).toContain(`
isset \${client-ip} || set client-ip dhcp
set boot-try:int32 1
:try
echo Direct boot, attempt \${boot-try:int32}
imgfree
kernel ../vmlinuz initrd=initrd.img initrd=client.img root=UUID=x ro console=ttyS0,115200 dyndbg=file a.c +p ip=\${client-ip} BOOTIF=01-\${netX/mac:hexhyp} || goto failed
initrd --name initrd.img ../initrd.img || goto failed
initrd --name client.img \${client-initrd} || goto failed
boot || goto failed
:failed
`);
});

it.each(['a=${b}', 'a=b  c', 'a || reboot', 'a ; reboot', 'a #b', 'a=b\nreboot', ''])(
  'refuses the kernel parameter %j',
  (parameter) => {
    const failure = failureOf(() => directScript([parameter], URIS));
    expect(failure.kind).toBe('recipe');
    expect(failure.diagnostics).toEqual([
      {
        what: `The kernel parameter ${JSON.stringify(parameter)} cannot stand in an iPXE script.`,
        expected: 'text without control characters, `${`, double spaces and words such as `#`, `||` or `&&`',
      },
    ]);
  },
);

it('refuses a URI that is more than one word', () => {
  const failure = failureOf(() => uriWord('http://a/b || shell'));
  expect(failure.diagnostics).toEqual([
    {
      what: 'The URI "http://a/b || shell" cannot stand in an iPXE script.',
      expected: 'text without spaces and `$`',
      hint: 'Percent-encode it.',
    },
  ]);
});

it('writes the LUN of a URI in hexadecimal', () => {
  const target = 'iqn.2026-01.org.example:disk';
  expect(sanUri({ server: '10.0.0.1', port: 3260, lun: 17, target })).toBe(
    `iscsi:10.0.0.1::3260:11:${target}`,
  );
});

describe('setSetting', () => {
  it.each([
    ['plain', 'set x plain'],
    ['iqn.2026-01.org.example:disk', 'set x iqn.2026-01.org.example:disk'],
    ['-x', 'set x:hex 2d:78'],
    ['#x', 'set x:hex 23:78'],
    ['a;b', 'set x:hex 61:3b:62'],
    ['ü', 'set x:hex c3:bc'],
    ['', 'clear x'],
  ])('%j', (value, command) => expect(setSetting('x', value)).toBe(command));

  it('makes one command of any value, with the value in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        const command = setSetting('x', value);
        const [, hex] = /^set x:hex ((?:[0-9a-f]{2}:)*[0-9a-f]{2})$/.exec(command) ?? [];
        if (hex === undefined) expect(command).toBe(`set x ${value}`);
        else expect(Buffer.from(hex.replaceAll(':', ''), 'hex').toString()).toBe(value);
        expect(command).toMatch(/^set x(:hex)? [^\s#$;|&-][^\s$;|&]*$/);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
