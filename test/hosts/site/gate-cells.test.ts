import { expect, it } from 'vitest';
import { offersBoot } from '../../../artifacts/release/roles.js';
import { cellsAsked } from '../../../hosts/site/gate-cells.js';
import { BOOT, smallManifest } from '../../util/manifest.js';

const LINUX = smallManifest({ boot: BOOT });
const [SAN] = BOOT;
const installer = (firmware: ('bios' | 'uefi')[]) =>
  smallManifest({ boot: [{ method: 'san', artifacts: SAN?.artifacts ?? {}, firmware }] });

it('asks of a release what it can show of what the host names', () => {
  const gate = ['bios-san', 'uefi-direct', 'bios-direct-wrong-secret'];
  expect(cellsAsked(gate, LINUX)).toEqual(gate);
  expect(cellsAsked(gate, installer(['bios', 'uefi']))).toEqual(['bios-san']);
  expect(cellsAsked(gate, installer(['uefi']))).toEqual(['uefi-san']);
  expect(cellsAsked(['uefi-direct'], installer(['bios', 'uefi']))).toEqual([
    'bios-san',
    'uefi-san',
    'bios-san-wrong-secret',
  ]);
  expect(cellsAsked([], LINUX)).toEqual([]);
});

it('knows which firmware and method a release is made for', () => {
  expect(offersBoot(LINUX, { firmware: 'uefi', path: 'direct' })).toBe(true);
  expect(offersBoot(installer(['bios']), { firmware: 'uefi', path: 'san' })).toBe(false);
  expect(offersBoot(installer(['bios']), { firmware: 'bios', path: 'direct' })).toBe(false);
});
