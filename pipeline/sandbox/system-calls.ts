/**
 * The seccomp(2) filter of commands that a recipe or a package brings: it refuses what neither a capability nor a namespace
 * takes from them. All else stays allowed, since the kernel checks it against what they may do anyway.
 */

const { BYTES, ALLOW, ERRNO } = { BYTES: 8, ALLOW: 0x7fff_0000, ERRNO: 0x0005_0000 } as const;
/** errno(3) on Linux, of all architectures below. */
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97] as const;
/** Offsets in `struct seccomp_data`; arguments are 64 bits each, here little endian. */
const [NUMBER, ARCHITECTURE, ARGUMENTS] = [0, 4, 16] as const;
/** BPF instructions of <linux/bpf_common.h>. */
const [LOAD, RETURN, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET] = [0x20, 0x06, 0x15, 0x35, 0x45] as const;

/** CLONE_NEWUSER of <linux/sched.h>: a process may mount in a user namespace of its own. */
const NEW_USER = 0x1000_0000;
/** TIOCSTI and TIOCLINUX of <asm-generic/ioctls.h>: they type into a terminal. */
const TYPING = [0x5412, 0x541c];
/** AF_VSOCK of <bits/socket.h>: the hypervisor's network has no namespaces. */
const VSOCK = 40;
/** Where the x32 numbers of x86-64 begin: the same calls under other numbers. */
const X32 = 0x4000_0000;

/** What is refused, by its number: AUDIT_ARCH_… of <linux/audit.h>, and the architecture's <asm/unistd.h>. */
interface Numbers {
  readonly audit: number;
  readonly x32?: boolean;
  /** keyctl, add_key, request_key: the keys of the user who builds; bpf, perf_event_open, userfaultfd, io_uring_setup,
   * open_by_handle_at: large parts of the kernel; syslog: the host's messages. */
  readonly refused: readonly number[];
  readonly clone: number;
  readonly clone3: number;
  readonly unshare: number;
  readonly ioctl: number;
  /** Programs of 32-bit x86 may also take socketcall(2), whose arguments no filter sees. */
  readonly socket: number;
}

const X86_64: Numbers = {
  audit: 0xc000_003e,
  x32: true,
  refused: [250, 248, 249, 321, 298, 323, 425, 304, 103],
  clone: 56,
  clone3: 435,
  unshare: 272,
  ioctl: 16,
  socket: 41,
};
const I386: Numbers = {
  audit: 0x4000_0003,
  refused: [288, 286, 287, 357, 336, 374, 425, 342, 103],
  clone: 120,
  clone3: 435,
  unshare: 310,
  ioctl: 54,
  socket: 359,
};
const AARCH64: Numbers = {
  audit: 0xc000_00b7,
  refused: [219, 217, 218, 280, 241, 282, 425, 265, 116],
  clone: 220,
  clone3: 435,
  unshare: 97,
  ioctl: 29,
  socket: 198,
};
const ARM: Numbers = {
  audit: 0x4000_0028,
  refused: [311, 309, 310, 386, 364, 388, 425, 371, 103],
  clone: 120,
  clone3: 435,
  unshare: 337,
  ioctl: 54,
  socket: 281,
};

/** By the names of process.arch: the machine's own programs, and those of its 32-bit mode. */
const MACHINES: Readonly<Record<string, readonly Numbers[]>> = { x64: [X86_64, I386], arm64: [AARCH64, ARM] };

type Instruction = readonly [code: number, k: number, ifTrue?: number, ifFalse?: number];

/** The filter for a machine as `struct sock_filter[]`; undefined for one whose numbers are not known here. */
export function systemCallFilter(machine: string): Buffer | undefined {
  const numbers = MACHINES[machine];
  if (numbers === undefined) return undefined;
  // A mode of the processor that is not listed could make any call under any number.
  return encode([[LOAD, ARCHITECTURE], ...numbers.flatMap(ofArchitecture), [RETURN, ERRNO | ENOSYS]]);
}

function ofArchitecture(of: Numbers): Instruction[] {
  const body: Instruction[] = [
    [LOAD, NUMBER],
    ...(of.x32 === true ? [[JUMP_ABOVE, X32, 0, 1] as const, refuse(ENOSYS)] : []),
    ...of.refused.flatMap((number) => [[JUMP_EQUAL, number, 0, 1] as const, refuse(EPERM)]),
    // Its flags lie in memory; a C library without it takes clone(2).
    ...[[JUMP_EQUAL, of.clone3, 0, 1] as const, refuse(ENOSYS)],
    ...onArgument(of.clone, 0, [[JUMP_SET, NEW_USER, 0, 1], refuse(EPERM)]),
    ...onArgument(of.unshare, 0, [[JUMP_SET, NEW_USER, 0, 1], refuse(EPERM)]),
    ...onArgument(
      of.ioctl,
      1,
      TYPING.flatMap((request) => [[JUMP_EQUAL, request, 0, 1], refuse(EPERM)]),
    ),
    ...onArgument(of.socket, 0, [[JUMP_EQUAL, VSOCK, 0, 1], refuse(EAFNOSUPPORT)]),
    [RETURN, ALLOW],
  ];
  return [[JUMP_EQUAL, of.audit, 0, body.length], ...body];
}

/** For one call: judge the low half of an argument, then allow it. */
function onArgument(number: number, argument: number, judge: readonly Instruction[]): Instruction[] {
  const inner: Instruction[] = [[LOAD, ARGUMENTS + argument * 8], ...judge, [RETURN, ALLOW]];
  return [[JUMP_EQUAL, number, 0, inner.length], ...inner];
}

function refuse(errno: number): Instruction {
  return [RETURN, ERRNO | errno];
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * BYTES);
  for (const [index, [code, k, ifTrue = 0, ifFalse = 0]] of program.entries()) {
    bytes.writeUInt16LE(code, index * BYTES);
    bytes.writeUInt8(ifTrue, index * BYTES + 2);
    bytes.writeUInt8(ifFalse, index * BYTES + 3);
    bytes.writeUInt32LE(k, index * BYTES + 4);
  }
  return bytes;
}
