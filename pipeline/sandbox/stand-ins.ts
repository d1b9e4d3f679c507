/**
 * While a step of a foreign root runs, the kernel starts a program of that root whose native equal is known as that equal. What the step sees,
 * copies and writes are the files of the root alone, so that its result is the one that emulation makes; only the time differs. Each
 * step of a foreign root opens them (build/step-context.ts).
 *
 * A program is known by the first bytes of its file, which tell where its code begins, how long it is, and where its sections are: another
 * program, or the same one in another version, is emulated. So no path counts, and a program that a package replaces
 * meanwhile is at once the new one.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, processorFacts } from '../../artifacts/platform/architecture.js';
import { readHead } from '../../base/regular-file.js';
import type { NativeTree, StandIn } from '../native-tools.js';
import type { Lent } from './confine.js';
import { BINFMT, emulatorFor } from './foreign.js';
import { isOf } from './foreign-elf.js';
import { TRAMPOLINES_OF, trampoline } from './trampoline.js';

/** Where programs in the root tree see the tools. */
const NATIVE = '/run/lunsmith/native';

/** So much of a program the kernel compares: BINPRM_BUF_SIZE of <linux/binfmts.h>. */
const HEAD_BYTES = 256;

/** Of which architecture tools for a foreign root may be; undefined: the root is the host's own, or the host has none. */
export function nativeArchitecture(
  architecture: Architecture,
  machine: string = process.arch,
): Architecture | undefined {
  if (emulatorFor(architecture, machine) === undefined) return undefined;
  return processorFacts(TRAMPOLINES_OF).node === machine ? TRAMPOLINES_OF : undefined;
}

/** Ends when it is disposed of. */
export interface OpenStandIns extends AsyncDisposable {
  /** What each command in the tree has to be lent: without it the programs would not be found. */
  readonly lent: Lent;
}

/**
 * @param about of the root, and a folder for the trampolines
 * @throws what the file system says
 */
export async function openStandIns(
  standIns: readonly StandIn[],
  tools: NativeTree,
  about: { readonly architecture: Architecture; readonly folder: string },
): Promise<OpenStandIns> {
  const entries: string[] = [];
  const close = async () => {
    for (const name of entries.splice(0)) await writeFile(join(BINFMT, name), '-1');
  };
  const at = (path: string) => join(NATIVE, path);
  await mkdir(about.folder, { recursive: true });
  const known = await headsOf(standIns, about.architecture);
  try {
    for (const [index, { head, standIn }] of known.entries()) {
      // Steps that make outputs run at once, in one sandbox.
      const name = `lunsmith-${randomUUID()}`;
      const path = join(about.folder, String(index));
      const start = {
        loader: at(tools.loader),
        libraries: tools.libraries.map(at),
        program: at(standIn.native),
        options: standIn.options?.(NATIVE) ?? [],
      };
      await writeFile(path, trampoline(start));
      await chmod(path, 0o755);
      await writeFile(join(BINFMT, 'register'), entryText(name, head, path));
      entries.push(name);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { lent: { from: tools.folder, at: NATIVE }, [Symbol.asyncDispose]: close };
}

/** Pure: the line for binfmt_misc's `register`. F: the trampoline is opened now; P: it gets the program's own argv[0]. */
export function entryText(name: string, head: Uint8Array, path: string): string {
  const hex = [...head].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return `:${name}:M::${hex}::${path}:PF`;
}

/** Programs of the root with the bytes by which they are known. Bytes that two programs share tell neither. */
async function headsOf(
  standIns: readonly StandIn[],
  architecture: Architecture,
): Promise<{ readonly head: Buffer; readonly standIn: StandIn }[]> {
  const known = new Map<string, { readonly head: Buffer; readonly standIn: StandIn } | undefined>();
  for (const standIn of standIns) {
    const head = await readHead(standIn.foreign, HEAD_BYTES);
    if (head.length < HEAD_BYTES || !isOf(architecture, head)) continue;
    const key = head.toString('latin1');
    const other = known.get(key);
    const same = !known.has(key) || other?.standIn.native === standIn.native;
    known.set(key, same ? { head, standIn } : undefined);
  }
  return [...known.values()].filter((each) => each !== undefined);
}
