/**
 * The boot gate from outside: every cell of the matrix in a sandbox of its own with a network of its own, so that
 * cells run at once without knowing of each other. Each proof is written into the release as soon as it is there.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import PQueue from 'p-queue';
import { type Cell, cellName } from '../artifacts/platform/platform.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { type Proof } from '../artifacts/release/proof.js';
import { type Release, readRelease, verifyRelease, writeProof } from '../artifacts/release/release.js';
import { offersBoot } from '../artifacts/release/roles.js';
import { createPorts } from '../base/command.js';
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { runTask, stopwatch } from '../base/task.js';
import type { NotDecided } from '../gate/broken.js';
import { diskTools } from '../gate/disk.js';
import { startsOf } from '../gate/milestones.js';
import { proofFailure, undecidedFailure } from '../gate/proof-failure.js';
import type { Accelerator } from '../gate/qemu.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { requireHost } from '../pipeline/tools.js';
import { claimOf } from '../pipeline/workspace.js';
import { type AcceleratorRequest, acceleratorFor } from './accelerator.js';
import type { ProveInside } from './inside/prove.js';
import { gateNeeds, rebootingCells } from './matrix.js';

/** The folder of a cell's evidence bears this ending until there is a verdict. */
const UNDECIDED = '.undecided';
/** Where proofs that passed lie when the same cell did not pass later. */
const EARLIER = 'earlier';

/** What of a release tells which cells it can show. */
export type Bootable = Pick<Manifest, 'platform' | 'boot'>;

export interface ProofRequest {
  /** Folder of the release. */
  readonly release: string;
  /** Which cells of the release. */
  readonly cells: (release: Bootable) => readonly Cell[];
  readonly accel: AcceleratorRequest['wanted'];
  /** How many cells run at once. */
  readonly parallel: number;
  readonly workspace: string;
  /** Whether every cell shows reboot and power-off, and not one of each firmware; default false. */
  readonly thorough?: boolean;
}

/** What a cell came to: a proof, or the failure that says why it was not decided. */
type Outcome = Proof | Failure;

/**
 * Runs all cells, also after one did not pass, and keeps the proofs and their evidence in `proofs/` of the release.
 * @throws Failure of kind `proof` when a cell did not pass, `undecided` when none failed and one came to no verdict,
 *   another when nothing could be proven
 */
export async function prove(request: ProofRequest, emit: Emit, signal: AbortSignal): Promise<Proof[]> {
  const seconds = stopwatch();
  const { workspace } = request;
  requireProvable(workspace);
  const release = await readRelease(request.release);
  const cells = offeredCells(request, release);
  await requireHost([...gateNeeds(cells), ...diskTools(release.manifest)]);
  await requireWhole(release, signal);
  await mkdir(workspace, { recursive: true });
  const tasks = cells.map((cell) => ({ id: cellName(cell), title: cellName(cell) }));
  emit({ type: 'started', work: 'prove', subject: release.manifest.recipe.name, tasks });
  const wanted = { wanted: request.accel, workspace };
  const accelerator = await acceleratorFor(release.manifest.platform, wanted, emit, signal);
  const reboots = request.thorough === true ? cells : rebootingCells(cells, release);
  const outcomes = await proveAll({ ...request, accelerator, cells, reboots }, release, emit, signal);
  const proofs = outcomes.flatMap((outcome) => (outcome instanceof Failure ? [] : [outcome]));
  const undecided = outcomes.flatMap((outcome) => (outcome instanceof Failure ? [outcome] : []));
  const failed = proofs.filter((proof) => !proof.passed);
  emit({
    type: 'proven',
    path: release.path,
    digest: release.digest,
    passed: failed.length + undecided.length === 0,
    ...(failed.length === 0 && undecided.length > 0 ? { decided: false } : {}),
    seconds: seconds(),
  });
  const failures = failed.map((proof) =>
    proofFailure(proof, evidenceOf(release, proof.cell), startsOf(release.manifest)),
  );
  Failure.throwAll([...(await Promise.all(failures)), ...undecided]);
  return proofs;
}

/**
 * Where the gate works, its target is handed paths.
 * @throws Failure of kind `usage` for a path that the target cannot take
 */
export function requireProvable(workspace: string): void {
  if (!workspace.includes(',')) return;
  throw new Failure('usage', {
    what: 'No release can be proven in this workspace: tgtd takes no path with a comma.',
    expected: 'a path without a comma: `--workspace DIR`, or LUNSMITH_WORKSPACE',
    found: workspace,
  });
}

/** Those that were asked for and that the release can show: one without a kernel is booted from its LUN only. */
function offeredCells({ cells: asked }: ProofRequest, { manifest }: Release): readonly Cell[] {
  const all = asked(manifest);
  const cells = all.filter((cell) => offersBoot(manifest, cell));
  if (cells.length > 0) return cells;
  const offered = manifest.boot.map(({ method, firmware = [] }) => [method, ...firmware].join(' by '));
  throw new Failure('usage', {
    what: `The release ${manifest.recipe.name} cannot be booted like that.`,
    expected: offered.join(', ') || 'a release with a boot method',
    found: all.map(cellName).join(', '),
  });
}

/** What is proven must be what the manifest describes. */
async function requireWhole(release: Release, signal: AbortSignal): Promise<void> {
  const ports = createPorts({ emit: () => undefined, signal });
  const [first, ...others] = await verifyRelease(release, ports);
  if (first === undefined) return;
  throw new Failure('integrity', {
    what: `The release ${release.path} is damaged.`,
    expected: 'the files that its manifest describes',
    found: [first, ...others].join('; '),
    hint: 'Build it again; a damaged release is not proven.',
  });
}

interface ChosenCells extends Pick<ProofRequest, 'parallel' | 'workspace'> {
  readonly cells: readonly Cell[];
  /** Those of them that show reboot and power-off. */
  readonly reboots: readonly Cell[];
  readonly accelerator: Accelerator;
}

async function proveAll(
  request: ChosenCells,
  release: Release,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const queue = new PQueue({ concurrency: request.parallel });
  // What keeps one cell from being proven keeps all: the others need not run on.
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let reason: Failure | undefined;
  const outcomes = await Promise.all(
    request.cells.map((cell) =>
      queue.add(async () => {
        try {
          return await proveOne(cell, request, release, emit, either);
        } catch (error) {
          reason ??= Failure.from(error);
          stop.abort();
          return undefined;
        }
      }),
    ),
  );
  if (reason !== undefined) throw reason;
  return outcomes.filter((outcome) => outcome !== undefined);
}

/**
 * Evidence of the last verdict stays until there is a new one: what has come to none, for whatever reason, replaces
 * neither a proof nor what belongs to it.
 */
async function proveOne(
  cell: Cell,
  request: ChosenCells,
  release: Release,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  const task = cellName(cell);
  if (signal.aborted) throw new Failure('interrupted', { what: 'Interrupted.' });
  const work = async (): Promise<Outcome> => {
    const evidence = `${evidenceOf(release, cell)}${UNDECIDED}`;
    await mkdir(evidence, { recursive: true });
    const payload: ProveInside = {
      do: 'prove',
      workspace: request.workspace,
      owner: await claimOf(process.pid),
      gate: {
        release: release.path,
        manifest: release.manifest,
        digest: release.digest,
        cell,
        accelerator: request.accelerator,
        evidence,
        reboot: request.reboots.includes(cell),
      },
    };
    const outcome = (await inside(payload, emit, signal)) as Proof | NotDecided;
    if ('notDecided' in outcome) return undecidedFailure(outcome, evidence, startsOf(release.manifest));
    await keep(outcome, evidence, release);
    return outcome;
  };
  try {
    return await runTask(emit, task, work, {
      passed: (outcome) => !(outcome instanceof Failure) && outcome.passed,
      note: (outcome) => (outcome instanceof Failure ? 'not decided' : undefined),
    });
  } catch (error) {
    throw Failure.from(error).with({ step: task });
  }
}

/** A new verdict takes the place of the last one; a proof that passed is kept beside one that did not, with its evidence. */
async function keep(proof: Proof, evidence: string, release: Release): Promise<void> {
  const place = evidenceOf(release, proof.cell);
  if (!proof.passed) await keepEarlier(release, proof.cell);
  await rm(place, { recursive: true, force: true });
  await rename(evidence, place);
  await writeProof(release.path, proof);
}

/** The proof of the cell as it was when this call began; no other call proves a cell of this release meanwhile. */
async function keepEarlier(release: Release, cell: Cell): Promise<void> {
  const former = release.proofs.find((proof) => cellName(proof.cell) === cellName(cell));
  if (former?.passed !== true) return;
  const place = evidenceOf(release, cell);
  const kept = join(release.path, 'proofs', EARLIER, cellName(cell));
  await mkdir(dirname(kept), { recursive: true });
  for (const ending of ['', '.json']) {
    await rm(`${kept}${ending}`, { recursive: true, force: true });
    await rename(`${place}${ending}`, `${kept}${ending}`).catch(unlessAbsent);
  }
}

function unlessAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function inside(payload: ProveInside, emit: Emit, signal: AbortSignal): Promise<unknown> {
  return enterSandbox({ module: 'app/inside/prove.js', payload, network: 'own' }, emit, signal);
}

/** Console log, server logs, packet capture and screenshots of a cell's last verdict. */
function evidenceOf(release: Release, cell: Cell): string {
  return join(release.path, 'proofs', cellName(cell));
}
