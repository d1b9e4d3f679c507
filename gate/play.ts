/** One boot of a cell: who takes part in it, and what every story of one is told with. */
import type { ConsoleFacts } from '../artifacts/release/console.js';
import { Broken } from './broken.js';
import type { Chain } from './chain.js';
import { type Check, check } from './checks.js';
import type { Evidence } from './evidence.js';
import type { GateIdentity } from './identity.js';
import type { GateBounds, GateRequest } from './request.js';
import type { Scene } from './scene.js';

export interface Play {
  readonly scene: Scene;
  readonly chain: Chain;
  readonly evidence: Evidence;
  readonly identity: GateIdentity;
  readonly request: GateRequest;
  readonly bounds: GateBounds;
  readonly checks: Check[];
  readonly subject: Subject;
}

/** What is booted, and how it is known to have come up. */
export interface Subject {
  readonly console: ConsoleFacts;
  /** Its end, in words. */
  readonly end: string;
  /** With the right secret. @returns what ended it early */
  readonly boots: (play: Play) => Promise<Broken | undefined>;
  /** @throws Broken or Undecided when it does not come up */
  readonly awaitUp: (play: Play) => Promise<void>;
}

/**
 * Tells a story to its end, or to where it broke, with a picture and a failed check of the step that it had come to.
 * @param begin its first step
 * @returns what ended it early
 */
export async function tellStory(
  play: Play,
  begin: string,
  story: (next: (step: string) => void) => Promise<void>,
): Promise<Broken | undefined> {
  let step = begin;
  try {
    await story((next) => {
      step = next;
    });
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    play.checks.push(check(step, false, error.message));
    await screenshot(play, 'failure.png');
    return error;
  }
  return undefined;
}

export async function powerOn({ scene, chain, evidence }: Play): Promise<void> {
  evidence.start();
  chain.progress.begin();
  await scene.machine.powerOn();
}

/** What the target itself says of who is logged in. */
export async function sessionAtTarget({ scene, identity, evidence }: Play): Promise<Check> {
  for (const line of (await scene.target.show()).split('\n')) evidence.log('tgtd.log', line);
  const sessions = (await scene.target.targets()).flatMap((target) => target.sessions);
  const names = [...new Set(sessions.map(({ initiator }) => initiator))];
  return check(
    'session at the target',
    names.length === 1 && names[0] === identity.initiator,
    names.join(', ') || 'none',
  );
}

/** A picture is no proof: if none can be had, the proof goes on. */
export async function screenshot({ scene, evidence }: Play, name: string): Promise<void> {
  await scene.machine.screenshot(evidence.path(name)).catch(() => undefined);
}
