/** Turns a proof that did not pass, or was not decided, into an error that says how far the client came and where to look. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PC } from '../artifacts/platform/pc.js';
import { cellName } from '../artifacts/platform/platform.js';
import { type Proof } from '../artifacts/release/proof.js';
import { type Diagnostic, Failure } from '../base/failure.js';
import type { NotDecided } from './broken.js';
import { CONSOLE_LOG } from './evidence.js';
import { chainOf, MILESTONE_WORDS, type Starts } from './milestones.js';
import { causeOf } from './systemd-jobs.js';

const SHOWN_LINES = 20;

/**
 * The failure of kind `proof`: each check that did not pass, how far the chain came and what kept it there, what was
 * awaited next, the console's last lines and what lies in the evidence folder.
 * @param evidence the folder that the proof's request named
 */
export async function proofFailure(
  proof: Proof,
  evidence: string,
  starts: Starts = 'linux',
): Promise<Failure> {
  return withEvidence('proof', failedChecks(proof), { ...proof, starts }, evidence);
}

/** The failure of kind `undecided`, which tells the same of a run that came to no verdict. */
export async function undecidedFailure(
  run: NotDecided,
  evidence: string,
  starts: Starts = 'linux',
): Promise<Failure> {
  const what = `${cellName(run.cell)} was not decided: ${run.notDecided}`;
  return withEvidence('undecided', [{ what }], { ...run, starts }, evidence);
}

type Run = Pick<Proof, 'cell' | 'milestones'> & { readonly starts: Starts };

async function withEvidence(
  kind: 'proof' | 'undecided',
  [first, ...more]: readonly [Diagnostic, ...Diagnostic[]],
  run: Run,
  evidence: string,
): Promise<Failure> {
  const log = join(evidence, CONSOLE_LOG);
  const text = await readFile(log, 'utf8').catch(() => '');
  const lastLines = text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES);
  const files = (await readdir(evidence).catch(() => [])).sort();
  const look = `Look into ${evidence}: ${files.join(', ') || 'nothing was kept'}.`;
  const again = 'Prove it again when the host has less to do; the release may be good.';
  return new Failure(
    kind,
    [
      {
        ...first,
        ...howFar(run, causeOf(text)),
        hint: kind === 'proof' ? look : `${again} ${look}`,
      },
      ...more,
    ],
    { log, command: { argv: [PC.gate.tool], lastLines } },
  );
}

function failedChecks({ cell, checks }: Proof): [Diagnostic, ...Diagnostic[]] {
  const name = cellName(cell);
  const [first, ...more] = checks
    .filter(({ passed }) => !passed)
    .map((check) => ({ what: `${name} did not pass: ${check.name}: ${check.found}` }));
  return [first ?? { what: `${name} did not pass: nothing was checked` }, ...more];
}

function howFar(
  { cell, milestones, starts }: Run,
  cause: string | undefined,
): Pick<Diagnostic, 'found' | 'expected'> {
  const last = milestones.at(-1);
  if (last === undefined) return { found: 'the machine was never switched on' };
  const chain = chainOf(cell, starts);
  const reached = chain.findIndex((each) => each === last.milestone);
  const next = chain[reached + 1];
  const which = last.boot === 1 ? 'the first boot' : `boot ${last.boot}, after the reboot,`;
  const place = reached === -1 ? last.milestone : MILESTONE_WORDS[chain[reached] ?? 'power-on'];
  return {
    found: `${which} came as far as ${place} (after ${last.seconds} s)${cause === undefined ? '' : `; ${cause}`}`,
    ...(next === undefined ? {} : { expected: `next: ${MILESTONE_WORDS[next]}` }),
  };
}
