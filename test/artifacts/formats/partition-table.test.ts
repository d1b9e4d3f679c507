import { expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import {
  partitionIdentity,
  partitionTypeCode,
  sfdiskScript,
} from '../../../artifacts/formats/partition-table.js';
import { GPT_DISK, MBR_DISK } from './disks.js';
import { failureOf } from './tools.js';

it('writes the script of a GPT', () => {
  expect(sfdiskScript(planLayout(GPT_DISK)).split('\n')).toEqual([
    'label: gpt',
    'label-id: 99999999-1111-4111-8111-111111111111',
    'first-lba: 34',
    'unit: sectors',
    'sector-size: 512',
    '',
    'start=2048, size=6144, type=21686148-6449-6E6F-744E-656564454649, uuid=11111111-1111-4111-8111-111111111111, name="bios"',
    'start=8192, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=22222222-1111-4111-8111-111111111111, name="esp"',
    'start=139264, size=1048576, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, uuid=33333333-1111-4111-8111-111111111111, name="swap"',
    'start=1187840, size=7198720, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=44444444-1111-4111-8111-111111111111, name="root"',
    '',
  ]);
});

it('writes the script of an MBR', () => {
  expect(sfdiskScript(planLayout(MBR_DISK)).split('\n')).toEqual([
    'label: dos',
    'label-id: 0x1a2b3c4d',
    'unit: sectors',
    'sector-size: 512',
    '',
    'start=2048, size=131072, type=ef',
    'start=133120, size=1048576, type=82',
    'start=1181696, size=3012608, type=83, bootable',
    '',
  ]);
});

it('names a partition as Linux does', () => {
  const gpt = planLayout(GPT_DISK);
  const mbr = planLayout(MBR_DISK);
  expect(gpt.partitions.map((partition) => partitionIdentity(gpt, partition))[3]).toBe(
    '44444444-1111-4111-8111-111111111111',
  );
  expect(mbr.partitions.map((partition) => partitionIdentity(mbr, partition))[2]).toBe('1a2b3c4d-03');
});

it('knows the type of every partition in both tables', () => {
  expect(partitionTypeCode('gpt', 'fat')).toBe('EBD0A0A2-B9E5-4433-87C0-68B6B72699C7');
  expect(partitionTypeCode('mbr', 'fat')).toBe('0c');
  expect(failureOf(() => partitionTypeCode('mbr', 'bios-boot')).diagnostics).toEqual([
    { what: 'An mbr table does not know the type bios-boot.' },
  ]);
});
