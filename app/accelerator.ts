/**
 * By which accelerator the gate runs its clients. A KVM that stalls is found out by a machine that does not come up, which
 * takes its time: what was found so stands in the workspace until the host boots again.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type PlatformId, platformOf } from '../artifacts/platform/platforms.js';
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { readRegular } from '../base/regular-file.js';
import { replaceFile } from '../base/replace-file.js';
import { kvmDenied } from '../gate/accelerator.js';
import type { Accelerator } from '../gate/qemu.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { bootId } from '../pipeline/store/store.js';
import type { ProveInside } from './inside/prove.js';

/** What keeps KVM from working, and the boot of the host (random(4)) since when it is known. */
const foundSchema = z.strictObject({ boot: z.string(), problem: z.string().min(1) });

export interface AcceleratorRequest {
  /** `kvm` insists, and tries again whatever was found before. */
  readonly wanted: 'auto' | Accelerator;
  /** Absolute path of a folder that is there. */
  readonly workspace: string;
  /** Starts a machine by KVM. @returns what kept it from working */
  readonly probe: () => Promise<string | undefined>;
}

/** That of a platform's machines. @throws Failure of kind `host` when KVM is demanded and does not work */
export async function acceleratorFor(
  platform: PlatformId,
  request: Omit<AcceleratorRequest, 'probe'>,
  emit: Emit,
  signal: AbortSignal,
): Promise<Accelerator> {
  if (!platformOf(platform).gate.kvm) return 'tcg';
  const payload: ProveInside = { do: 'probe-kvm' };
  const job = { module: 'app/inside/prove.js', payload, network: 'own' } as const;
  const probe = async () => ((await enterSandbox(job, emit, signal)) as string | null) ?? undefined;
  return decideAccelerator({ ...request, probe }, emit);
}

/** @throws Failure of kind `host` when KVM is demanded and does not work */
export async function decideAccelerator(
  { wanted, workspace, probe }: AcceleratorRequest,
  emit: Emit,
): Promise<Accelerator> {
  if (wanted === 'tcg') return 'tcg';
  const problem = (await kvmDenied()) ?? (await found(join(workspace, 'kvm.json'), wanted, probe));
  if (problem === undefined) return 'kvm';
  if (wanted === 'kvm') {
    throw new Failure('host', {
      what: 'QEMU cannot use KVM on this host.',
      expected: 'iPXE to start under KVM',
      found: problem,
      hint: 'Use --accel tcg (software emulation), or give this user access to a working /dev/kvm.',
    });
  }
  emit({ type: 'warning', message: `Booting by software emulation, which is slower: ${problem}.` });
  return 'tcg';
}

async function found(
  file: string,
  wanted: 'auto' | 'kvm',
  probe: AcceleratorRequest['probe'],
): Promise<string | undefined> {
  const boot = await bootId();
  if (wanted === 'auto') {
    const before = await read(file);
    if (before?.boot === boot) return before.problem;
  }
  const problem = await probe();
  if (problem === undefined) await rm(file, { force: true });
  else await replaceFile(file, JSON.stringify({ boot, problem }));
  return problem;
}

/** Undefined for what is missing, torn or of another version. */
async function read(file: string): Promise<z.output<typeof foundSchema> | undefined> {
  try {
    return foundSchema.parse(JSON.parse((await readRegular(file, { most: 4096 })).toString('utf8')));
  } catch {
    return undefined;
  }
}
