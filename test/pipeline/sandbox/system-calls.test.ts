import { expect, it } from 'vitest';
import { systemCallFilter } from '../../../pipeline/sandbox/system-calls.js';

/** AUDIT_ARCH_… of <linux/audit.h>. */
const [X86_64, I386, AARCH64, ARM] = [0xc000003e, 0x40000003, 0xc00000b7, 0x40000028];
const ALLOWED = 'allowed';
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

/** What classic BPF as seccomp(2) runs it comes to: `allowed`, or the errno. */
function judge(machine: string, architecture: number, call: number, args: readonly number[] = []): unknown {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(BigInt(value), 16 + index * 8);
  const program = systemCallFilter(machine) ?? Buffer.alloc(0);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = program.readUInt16LE(at);
    const operand = program.readUInt32LE(at + 4);
    const jump = (taken: boolean) => (at += 8 * program.readUInt8(at + (taken ? 2 : 3)));
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return operand === 0x7fff0000 ? ALLOWED : operand - 0x50000;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('the program has no end');
}

/** Numbers of keyctl, unshare, clone, clone3, ioctl, socket, write. */
it.each([
  ['x64', X86_64, [250, 272, 56, 435, 16, 41, 1]],
  ['x64', I386, [288, 310, 120, 435, 54, 359, 4]],
  ['arm64', AARCH64, [219, 97, 220, 435, 29, 198, 64]],
  ['arm64', ARM, [311, 337, 120, 435, 54, 281, 4]],
] as const)('on %s, programs of architecture %i', (machine, architecture, numbers) => {
  const [keyctl, unshare, clone, clone3, ioctl, socket, write] = numbers;
  const call = (number: number, ...args: number[]) => judge(machine, architecture, number, args);
  expect(call(write, 1)).toBe(ALLOWED);
  expect(call(keyctl)).toBe(EPERM);
  expect(call(clone3)).toBe(ENOSYS);
  // CLONE_NEWUSER alone and among others, and CLONE_NEWNS.
  expect([0x10000000, 0x10020011, 0x20000].map((flags) => call(unshare, flags))).toEqual([
    EPERM,
    EPERM,
    ALLOWED,
  ]);
  expect([0x10000011, 0x11].map((flags) => call(clone, flags))).toEqual([EPERM, ALLOWED]);
  // TIOCSTI, TIOCLINUX, TIOCGWINSZ; the kernel takes no more than the low half of the request.
  expect([0x5412, 0x541c, 0x5413, 0x100005412].map((request) => call(ioctl, 1, request))).toEqual([
    EPERM,
    EPERM,
    ALLOWED,
    EPERM,
  ]);
  // AF_UNIX, AF_INET, AF_NETLINK, AF_VSOCK.
  expect([1, 2, 16, 40].map((family) => call(socket, family))).toEqual([
    ALLOWED,
    ALLOWED,
    ALLOWED,
    EAFNOSUPPORT,
  ]);
});

it('refuses the second set of numbers of x86-64, and modes that it does not know', () => {
  expect(judge('x64', X86_64, 0x40000000 + 250)).toBe(ENOSYS);
  expect(judge('x64', 0xdeadbeef, 1)).toBe(ENOSYS);
});

it('is absent on other machines', () => {
  expect(systemCallFilter('riscv64')).toBeUndefined();
});
