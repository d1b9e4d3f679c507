import { expect, it } from 'vitest';
import {
  type PxelinuxMenu,
  pxelinuxAddressName,
  pxelinuxMacName,
  pxelinuxMenu,
} from '../../../artifacts/formats/pxelinux.js';
import { failureOf } from './tools.js';

const MENU: PxelinuxMenu = {
  title: 'Network boot of san1',
  entries: [
    { label: 'boot', text: 'as its client', load: { kernel: 'ipxe.lkrn', initrd: 'boot.ipxe' } },
    { label: 'local', text: 'next boot device' },
  ],
  seconds: 5,
};

it('writes a menu that boots its first entry by default', () => {
  expect(pxelinuxMenu(MENU)).toBe(`DEFAULT boot
PROMPT 1
TIMEOUT 50
SAY Network boot of san1
SAY   boot: as its client
SAY   local: next boot device

LABEL boot
  KERNEL ipxe.lkrn
  INITRD boot.ipxe

LABEL local
  LOCALBOOT -1
`);
});

it('names the files as PXELINUX looks for them', () => {
  expect(pxelinuxMacName('52:54:00:AB:CD:EF')).toBe('01-52-54-00-ab-cd-ef');
  expect(pxelinuxAddressName('192.0.2.91')).toBe('C000025B');
});

it.each([
  [{ seconds: 0 }, 'a whole number of seconds from 1 to 3599', '0'],
  [{ seconds: 1.5 }, 'a whole number of seconds from 1 to 3599', '1.5'],
  [{ title: 'a\nDEFAULT b' }, 'one line of ASCII', '"a\\nDEFAULT b"'],
  [
    { entries: [{ label: 'a b', text: '' }] },
    'a word of letters, digits, dots, dashes, underscores and slashes',
    '"a b"',
  ],
  [
    { entries: [{ label: 'a', text: '', load: { kernel: 'k', initrd: 'a,b' } }] },
    'a word of letters, digits, dots, dashes, underscores and slashes',
    '"a,b"',
  ],
] as const)('refuses what PXELINUX would take for something else: %j', (change, expected, found) => {
  const failure = failureOf(() => pxelinuxMenu({ ...MENU, ...change }));
  expect(failure.kind).toBe('usage');
  expect(failure.diagnostics).toEqual([
    { what: 'This cannot stand in a menu of PXELINUX.', expected, found },
  ]);
});
