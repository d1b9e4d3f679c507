import { expect, it } from 'vitest';
import { wimbootScript } from '../../../artifacts/formats/wimboot.js';

it('hands wimboot its files by the names that it knows, for a BIOS and for a UEFI, and ends with an error where that fails', () => {
  expect(wimbootScript()).toBe(`#!ipxe
# Starts WinPE out of memory. What is hooked as a drive before stays so, and stands in the iBFT.
imgfree
kernel wimboot || goto failed
initrd --name BCD BCD BCD || goto failed
initrd --name boot.sdi boot.sdi boot.sdi || goto failed
initrd --name boot.wim boot.wim boot.wim || goto failed
boot || goto failed
:failed
imgfree
exit 1
`);
});
