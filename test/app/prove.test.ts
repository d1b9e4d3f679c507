/** What a proof leaves in the release, whatever comes of it. The sandbox is played. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ProveInside } from '../../app/inside/prove.js';
import { prove } from '../../app/prove.js';
import { type Cell, cellName } from '../../artifacts/platform/platform.js';
import { type Proof } from '../../artifacts/release/proof.js';
import { readRelease } from '../../artifacts/release/release.js';
import type { Event } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import type { NotDecided } from '../../gate/broken.js';
import { writeRelease } from '../cli/a-release.js';

type Gate = Extract<ProveInside, { do: 'prove' }>['gate'];
type Play = (gate: Gate) => Proof | NotDecided;

const plays = vi.hoisted(() => new Map<string, unknown>());
vi.mock('../../pipeline/tools.js', () => ({ requireHost: () => Promise.resolve() }));
vi.mock('../../pipeline/sandbox/enter.js', () => ({
  enterSandbox: async ({ payload: { gate } }: { payload: { gate: Gate } }) => {
    const name = cellName(gate.cell);
    await writeFile(join(gate.evidence, 'console.log'), `of run ${String(plays.get('run'))}`);
    return (plays.get(name) as Play)(gate);
  },
}));

const BIOS: Cell = { firmware: 'bios', path: 'san', secret: 'right' };
const UEFI: Cell = { ...BIOS, firmware: 'uefi' };
const ALL: readonly Cell[] = [
  ...[BIOS, UEFI],
  { ...BIOS, path: 'direct' },
  { ...UEFI, path: 'direct' },
  { ...BIOS, secret: 'wrong' },
];

let folder: string;
let release: string;
let runs: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-prove-'));
  release = (await writeRelease(join(folder, 'release'))).path;
  runs = 0;
  plays.clear();
});
afterEach(() => rm(folder, { recursive: true }));

const verdict =
  (passed: boolean): Play =>
  ({ cell, digest }) => ({
    format: 'lunsmith-proof/1',
    release: digest,
    cell,
    passed,
    at: '2026-01-02T03:04:05Z',
    accelerator: 'tcg',
    network: 'tap',
    seconds: runs,
    milestones: [{ boot: 1, milestone: 'dhcp', seconds: 2 }],
    checks: [{ name: 'boot', passed, found: 'so' }],
    tools: {},
  });
const notDecided: Play = ({ cell }) => ({
  cell,
  milestones: [],
  notDecided: 'After 3600 s nothing is known.',
});
const breaks =
  (kind: 'tool' | 'interrupted'): Play =>
  () => {
    throw new Failure(kind, { what: 'No such luck.' });
  };

/** What went wrong, or undefined, and what was told. */
async function run(
  cells: Readonly<Record<string, Play>>,
  thorough = false,
): Promise<{ failure: Failure | undefined; events: Event[] }> {
  runs += 1;
  plays.set('run', runs);
  for (const [name, play] of Object.entries(cells)) plays.set(name, play);
  const events: Event[] = [];
  const request = {
    release,
    cells: () => ALL.filter((cell) => cellName(cell) in cells),
    accel: 'tcg',
    parallel: 1,
    workspace: join(folder, 'work'),
    thorough,
  } as const;
  const emit = (event: Event) => void events.push(event);
  const failure = await prove(request, emit, new AbortController().signal).then(
    () => undefined,
    (error: unknown) => Failure.from(error),
  );
  return { failure, events };
}

/** The verdict that stands, the run that it is of, and the run whose evidence lies beside it. */
async function stands(): Promise<{ passed: boolean; run: number; evidence: string }> {
  const [proof] = (await readRelease(release)).proofs;
  const evidence = await readFile(join(release, 'proofs', 'bios-san', 'console.log'), 'utf8');
  return { passed: proof?.passed === true, run: proof?.seconds ?? 0, evidence };
}
const files = async () => (await readdir(join(release, 'proofs'))).sort();
const undecided = () => readFile(join(release, 'proofs', 'bios-san.undecided', 'console.log'), 'utf8');

it('a workspace that the target cannot take is told before anything is booted', async () => {
  const request = { release, cells: () => [BIOS], accel: 'tcg', parallel: 1 } as const;
  const workspace = join(folder, 'a,b');
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await expect(prove({ ...request, workspace }, emit, new AbortController().signal)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      { expected: 'a path without a comma: `--workspace DIR`, or LUNSMITH_WORKSPACE', found: workspace },
    ],
  });
  expect(events).toEqual([]);
});

it.each([true, false])('a new verdict takes the place of the last one (passed: %s)', async (passed) => {
  await run({ 'bios-san': verdict(!passed) });
  const { failure } = await run({ 'bios-san': verdict(passed) });
  expect(failure?.kind).toBe(passed ? undefined : 'proof');
  expect(await stands()).toEqual({ passed, run: 2, evidence: 'of run 2' });
  expect(await files()).toEqual(['bios-san', 'bios-san.json', ...(passed ? [] : ['earlier'])]);
});

it('a proof that passed is kept beside one that did not, with its evidence', async () => {
  await run({ 'bios-san': verdict(true) });
  await run({ 'bios-san': verdict(false) });
  await run({ 'bios-san': verdict(false) });
  expect(await stands()).toEqual({ passed: false, run: 3, evidence: 'of run 3' });
  const earlier = (name: string) => readFile(join(release, 'proofs/earlier', name), 'utf8');
  expect(JSON.parse(await earlier('bios-san.json'))).toMatchObject({ passed: true, seconds: 1 });
  expect(await earlier('bios-san/console.log')).toBe('of run 1');
  expect((await readRelease(release)).proofs).toHaveLength(1);
});

it.each([
  ['undecided', notDecided],
  ['tool', breaks('tool')],
  ['interrupted', breaks('interrupted')],
] as const)('what is %s leaves the last verdict and its evidence as they are', async (kind, play) => {
  await run({ 'bios-san': verdict(true) });
  const { failure } = await run({ 'bios-san': play });
  expect(failure?.kind).toBe(kind);
  expect(await stands()).toEqual({ passed: true, run: 1, evidence: 'of run 1' });
  expect(await undecided()).toBe('of run 2');
  await run({ 'bios-san': verdict(true) });
  expect(await stands()).toEqual({ passed: true, run: 3, evidence: 'of run 3' });
  expect(await files()).toEqual(['bios-san', 'bios-san.json']);
});

it('a cell that is not decided keeps no other from being proven, and is told in its own words', async () => {
  const { failure, events } = await run({ 'bios-san': notDecided, 'uefi-san': verdict(true) });
  expect(failure?.exitCode).toBe(11);
  expect(failure?.diagnostics).toMatchObject([
    {
      what: 'bios-san was not decided: After 3600 s nothing is known.',
      found: 'the machine was never switched on',
      hint: `Prove it again when the host has less to do; the release may be good. Look into ${release}/proofs/bios-san.undecided: console.log.`,
    },
  ]);
  expect((await readRelease(release)).proofs.map(({ cell }) => cellName(cell))).toEqual(['uefi-san']);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'task-failed', task: 'bios-san', note: 'not decided' }),
  );
  expect(events.at(-1)).toMatchObject({ type: 'proven', passed: false, decided: false });
});

it('a cell that failed weighs more than one that was not decided', async () => {
  const { failure, events } = await run({ 'bios-san': notDecided, 'uefi-san': verdict(false) });
  expect(failure?.kind).toBe('proof');
  expect(failure?.diagnostics.map(({ what }) => what)).toEqual([
    'uefi-san did not pass: boot: so',
    'bios-san was not decided: After 3600 s nothing is known.',
  ]);
  expect(events.at(-1)).not.toHaveProperty('decided');
});

it('shows reboot and power-off once for each firmware, in every cell if asked, and not again what is stored', async () => {
  const asked: string[] = [];
  /** As the gate does: it leaves out what it is not asked for. */
  const play: Play = (gate) => {
    if (gate.reboot === true) asked.push(cellName(gate.cell));
    const whole = gate.reboot === true || gate.cell.secret === 'wrong';
    return { ...(verdict(true)(gate) as Proof), ...(whole ? {} : { leftOut: ['reboot', 'power off'] }) };
  };
  const reboots = async (cells: readonly Cell[], thorough = false) => {
    asked.length = 0;
    await run(Object.fromEntries(cells.map((cell) => [cellName(cell), play])), thorough);
    return [...asked];
  };
  const direct = ALL.filter(({ path }) => path === 'direct');
  expect(await reboots(ALL)).toEqual(['bios-san', 'uefi-san']);
  expect(await reboots(direct)).toEqual([]);
  // Its own proof is replaced, and no other shows it.
  expect(await reboots([BIOS])).toEqual(['bios-san']);
  expect(await reboots(direct, true)).toEqual(['bios-direct', 'uefi-direct']);
  expect(await reboots([BIOS])).toEqual([]);
  await run({ 'bios-direct': verdict(false) });
  expect(await reboots([BIOS])).toEqual(['bios-san']);
  // What was seen to fail is shown anew, though another shows it.
  await run({ 'bios-san': verdict(false) });
  expect(await reboots(direct, true)).toEqual(['bios-direct', 'uefi-direct']);
  expect(await reboots([BIOS])).toEqual(['bios-san']);
});
