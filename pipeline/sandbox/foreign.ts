/**
 * Programs of another architecture than the host's, by QEMU's user emulation. Since Linux 6.7 a user namespace may have a
 * binfmt_misc of its own (Documentation/admin-guide/binfmt-misc.rst): the sandbox registers the emulator there, with the
 * flag F, so that it need not lie in the root tree. Nothing of the host changes, and it is gone with the namespace.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { type Architecture, processorFacts } from '../../artifacts/platform/architecture.js';
import type { Ports } from '../../base/ports.js';
import type { ToolNeed } from '../tool-need.js';
import { magicOf, smallestProgram } from './foreign-elf.js';
import { cannotRun } from './foreign-failure.js';

/** Where binfmt_misc is mounted by custom: a directory that is there for it and always empty. */
export const BINFMT = '/proc/sys/fs/binfmt_misc';

/** O: the emulator is handed the open program; C: with its credentials; P: with its own argv[0]; F: it is opened now. */
const FLAGS = 'POCF';

/** The emulator that this host needs for programs of an architecture; undefined for its own. */
export function emulatorFor(
  architecture: Architecture,
  machine: string = process.arch,
): ToolNeed | undefined {
  const { node, qemu } = processorFacts(architecture);
  return node === machine ? undefined : { name: `qemu-${qemu}-static`, package: 'qemu-user-static' };
}

/** Pure: the line for binfmt_misc's `register`. */
export function registration(architecture: Architecture, interpreter: string): string {
  const { magic, mask } = magicOf(architecture);
  const hex = (bytes: Uint8Array) => [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`);
  return `:lunsmith-${architecture}:M::${hex(magic).join('')}:${hex(mask).join('')}:${interpreter}:${FLAGS}`;
}

/**
 * Lets this sandbox run programs of an architecture from now on.
 * @param folder where a program may lie for a trial, which is removed
 * @returns whether by a binfmt_misc of its own, in which more may be registered
 * @throws Failure of kind `host` where it cannot, told before anything else is begun
 */
export async function runForeign(architecture: Architecture, folder: string, ports: Ports): Promise<boolean> {
  const emulator = emulatorFor(architecture);
  if (emulator === undefined) return false;
  let refused: unknown;
  await register(architecture, `/usr/bin/${emulator.name}`, ports).catch((error: unknown) => {
    refused = error;
  });
  try {
    // Where a namespace may have none of its own, the host's serves, if it has the flag F too.
    await tryProgram(architecture, folder, ports);
  } catch (error) {
    throw cannotRun(architecture, { kernel: release(), refused, tried: error });
  }
  return refused === undefined;
}

async function register(architecture: Architecture, interpreter: string, ports: Ports): Promise<void> {
  await ports.run(['mount', '-t', 'binfmt_misc', 'lunsmith', BINFMT], {
    doing: 'mount a binfmt_misc in the sandbox',
    quiet: true,
  });
  await writeFile(join(BINFMT, 'register'), registration(architecture, interpreter));
}

/** Runs a program that needs nothing, with a root in which there is no emulator. */
async function tryProgram(architecture: Architecture, folder: string, ports: Ports): Promise<void> {
  const root = await mkdtemp(join(folder, 'foreign-'));
  try {
    const program = join(root, 'program');
    await writeFile(program, smallestProgram(architecture));
    await chmod(program, 0o755);
    await ports.run(['chroot', root, '/program'], { doing: `run a program of ${architecture}`, quiet: true });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
