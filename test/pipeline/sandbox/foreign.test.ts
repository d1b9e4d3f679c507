import { expect, it } from 'vitest';
import { ARCHITECTURES } from '../../../artifacts/platform/architecture.js';
import { emulatorFor, registration } from '../../../pipeline/sandbox/foreign.js';
import { smallestProgram } from '../../../pipeline/sandbox/foreign-elf.js';
import { elfArchitecture } from '../../../stages/seal/elf.js';

it.each([
  ['amd64', 'x64', undefined],
  ['arm64', 'x64', 'qemu-aarch64-static'],
  ['armhf', 'x64', 'qemu-arm-static'],
  ['amd64', 'arm64', 'qemu-x86_64-static'],
  ['arm64', 'arm64', undefined],
  ['armhf', 'arm64', 'qemu-arm-static'],
] as const)('what runs programs of %s on a host of %s', (architecture, host, program) => {
  expect(emulatorFor(architecture, host)?.name).toBe(program);
});

// As Debian's qemu-user-static registers them.
it.each([
  [
    'arm64',
    '\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00',
  ],
  [
    'armhf',
    '\\x7f\\x45\\x4c\\x46\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x28\\x00',
  ],
] as const)('how the kernel is told of %s', (architecture, magic) => {
  const mask =
    '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';
  expect(registration(architecture, '/usr/bin/qemu')).toBe(
    `:lunsmith-${architecture}:M::${magic}:${mask}:/usr/bin/qemu:POCF`,
  );
});

it.each(ARCHITECTURES)('a program of %s is told as one', (architecture) => {
  expect(elfArchitecture(smallestProgram(architecture))).toBe(architecture);
});
