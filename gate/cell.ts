/**
 * Proves one cell of the boot matrix: boots a release exactly as a client would, and tells the truth about it. It is
 * called inside a sandbox of its own: root of its user, mount, pid and network namespaces, the network empty.
 */

import { PC } from '../artifacts/platform/pc.js';
import { cellName } from '../artifacts/platform/platform.js';
import type { ConsoleFacts } from '../artifacts/release/console.js';
import type { Proof } from '../artifacts/release/proof.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { chooseAccelerator } from './accelerator.js';
import { Broken, type NotDecided, Undecided } from './broken.js';
import { type Chain, watchChain } from './chain.js';
import { type Check, check, checkSystem, readToken, stopCommand, writeToken } from './checks.js';
import { copyDisk, inspectRoot, rootPartition } from './disk.js';
import { type Evidence, openEvidence } from './evidence.js';
import { type GateIdentity, makeIdentity } from './identity.js';
import { awaitLoader } from './loader.js';
import { startsOf } from './milestones.js';
import { createRedactor } from './redact.js';
import { boundsOf, type GateBounds, type GateRequest } from './request.js';
import { openScene, type Scene } from './scene.js';
import { awaitLogin, logIn, loginPrompt, type Session } from './session.js';
import { LOG_IN, starved } from './starved.js';
import { toolVersions } from './versions.js';

/**
 * A proof that passed, or one that did not and says why, or why nothing was decided; evidence of all three is in the
 * request's folder.
 * @throws Failure when nothing was proven either way: `host` or `tool` when the host lacks something, `recipe` when
 *   the release shows nothing on a serial console, `interrupted` when the signal was aborted
 */
export async function proveCell(request: GateRequest, ports: Ports): Promise<Proof | NotDecided> {
  const { cell, digest, manifest } = request;
  const subject = subjectOf(request);
  const at = new Date();
  const accelerator = await chooseAccelerator(request.accel, ports, cellName(cell));
  const tools = await toolVersions(cell, ports);
  const identity = makeIdentity(cell, digest);
  const redactor = createRedactor([identity.chapSecret, identity.offeredSecret, identity.login.password]);
  await using evidence = await openEvidence(request.evidence, redactor);
  using chain = watchChain({
    cell,
    starts: startsOf(manifest),
    console: subject.console,
    ports,
    evidence,
    redactor,
  });
  const disk = await copyDisk(request, ports);
  const checks: Check[] = [];
  let network: Scene['network'];
  {
    await using scene = await openScene({ request, identity, accelerator, evidence, chain, disk, ports });
    network = scene.network;
    const story = cell.secret === 'right' ? subject.boots : isRefused;
    const bounds = request.bounds ?? boundsOf(cell);
    const play = { scene, chain, evidence, identity, checks, request, bounds, subject };
    const begin = await scene.machine.vitals();
    try {
      const broken = await story(play);
      const vitals = [begin, await scene.machine.vitals()] as const;
      const why = starved({
        symptom: broken?.symptom,
        ranOut: chain.ranOut,
        lived: broken?.lived,
        checks,
        vitals,
        mostOwed: bounds.mostOwed,
      });
      if (why !== undefined) throw new Undecided(why);
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      await screenshot(play, 'not-decided.png');
      return { cell, milestones: [...chain.progress.reached], notDecided: error.message };
    }
  }
  if (checks.at(-1)?.name === POWER_OFF && checks.at(-1)?.passed === true) {
    const state = await inspectRoot(disk, rootPartition(manifest).offset, ports);
    checks.push(check('the file system after power-off', state.clean, state.found));
  }
  return {
    format: 'lunsmith-proof/1',
    release: digest,
    cell,
    passed: checks.every(({ passed }) => passed),
    at: at.toISOString(),
    accelerator,
    network,
    seconds: Math.round((Date.now() - at.getTime()) / 100) / 10,
    milestones: [...chain.progress.reached],
    checks,
    tools,
  };
}

interface Play {
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
interface Subject {
  readonly console: ConsoleFacts;
  /** Its end, in words. */
  readonly end: string;
  /** With the right secret. @returns what ended it early */
  readonly boots: (play: Play) => Promise<Broken | undefined>;
  /** @throws Broken or Undecided when it does not come up */
  readonly awaitUp: (play: Play) => Promise<void>;
}

/** @throws Failure of kind `recipe` or `usage` when no boot of the release can be judged */
function subjectOf(request: GateRequest): Subject {
  const { manifest } = request;
  if (manifest.loader !== undefined) {
    const { reads } = manifest.loader;
    const console = manifest.console ?? { device: PC.gate.serial, signs: {} };
    const awaitUp = (play: Play) => awaitLoader(play, { reads, shows: console.signs.loader !== undefined });
    return { console, end: 'its boot loader', boots: startsLoader, awaitUp };
  }
  const console = requireConsole(request);
  rootPartition(manifest);
  const prompt = loginPrompt(console.login);
  const awaitUp = async ({ scene, bounds, chain }: Play) => {
    await awaitLogin(scene.machine.console, prompt, bounds.boot, chain.signal);
    chain.progress.reach('login');
  };
  return { console, end: 'a login prompt', boots: (play) => boots(play, prompt), awaitUp };
}

const POWER_OFF = 'power off';

/** With the right secret: login, checks, a file, reboot, the file again, power-off. @returns what ended it early */
async function boots(play: Play, prompt: RegExp): Promise<Broken | undefined> {
  const { identity, request, checks } = play;
  let step = 'boot to a login';
  try {
    let session = await bootAndLogIn(play, prompt, 'power on', (next) => (step = next));
    step = 'look at the system';
    const root = rootPartition(request.manifest);
    checks.push(...(await checkSystem(session, { manifest: request.manifest, identity, root })));
    checks.push(await sessionAtTarget(play));
    step = 'write a file';
    checks.push(await writeToken(session, identity));

    step = 'reboot';
    const reboot = await stopCommand(session, 'reboot');
    await stop(play, session, { command: reboot, event: 'RESET', what: 'the reset', name: step });
    step = 'boot again to a login';
    session = await bootAndLogIn(play, prompt, 'reset', (next) => (step = next));
    checks.push(await readToken(session, identity));

    step = POWER_OFF;
    const powerOff = await stopCommand(session, 'poweroff');
    await stop(play, session, { command: powerOff, event: 'SHUTDOWN', what: 'the power-off', name: step });
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    checks.push(check(step, false, error.message));
    await screenshot(play, 'failure.png');
    return error;
  }
  return undefined;
}

/** A system of others, of which nothing is known but its boot loader: that was started, and read on. @returns what ended it early */
async function startsLoader(play: Play): Promise<Broken | undefined> {
  const { checks, subject, scene } = play;
  const step = 'boot to its boot loader';
  try {
    await powerOn(play);
    await subject.awaitUp(play);
    const read = await scene.target.bytesRead();
    const shown =
      subject.console.signs.loader === undefined
        ? 'told by what was read alone'
        : 'it says so on the serial port';
    checks.push(check(step, true, `after ${play.chain.progress.seconds()} s, ${shown}`));
    checks.push(check('reads of the LUN', true, `${read} bytes`));
    checks.push(await sessionAtTarget(play));
    await screenshot(play, 'loader.png');
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    checks.push(check(step, false, error.message));
    await screenshot(play, 'failure.png');
    return error;
  }
  return undefined;
}

/** With a wrong secret: the target refuses the login, and the client comes to no login prompt. @returns what ended it */
async function isRefused(play: Play): Promise<Broken | undefined> {
  const { scene, chain, checks, request, subject } = play;
  let end = subject.end;
  let broken: Broken | undefined;
  try {
    await powerOn(play);
    await subject.awaitUp(play);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error;
    end = error.message;
    const last = request.cell.path === 'san' ? 'san-failed' : 'initramfs-shell';
    checks.push(check('the client gives up', error.symptom?.kind === last, end));
  }
  const refusal = chain.tolerated[0]?.line;
  const sessions = (await scene.target.targets()).flatMap((target) => target.sessions);
  checks.push(
    check('the login is refused', refusal !== undefined, refusal ?? `no refusal seen; the end was: ${end}`),
  );
  checks.push(
    check(
      'no session at the target',
      sessions.length === 0,
      sessions.length === 0 ? 'none' : JSON.stringify(sessions),
    ),
  );
  const login = chain.progress.reached.some(
    ({ milestone }) => milestone === 'login' || milestone === 'loader',
  );
  const name = subject.end.replace(/^(?:a|its) /, 'no ');
  checks.push(check(name, !login, login ? `the client booted to ${subject.end}` : 'none'));
  await screenshot(play, checks.every(({ passed }) => passed) ? 'refused.png' : 'failure.png');
  return broken;
}

async function powerOn({ scene, chain, evidence }: Play): Promise<void> {
  evidence.start();
  chain.progress.begin();
  await scene.machine.powerOn();
}

/** Awaits the login prompt after power-on or a reset that has come, and logs in. */
async function bootAndLogIn(
  play: Play,
  prompt: RegExp,
  start: 'power on' | 'reset',
  tell: (step: string) => void,
): Promise<Session> {
  const { scene, chain, identity, bounds, checks, subject } = play;
  const { machine } = scene;
  if (start === 'power on') await powerOn(play);
  else chain.progress.begin();
  await subject.awaitUp(play);
  const { boot } = chain.progress;
  checks.push(check(`boot ${boot}`, true, `login prompt after ${chain.progress.seconds()} s`));
  await screenshot(play, `login-${boot}.png`);
  tell(LOG_IN);
  const session = await logIn(identity.login, {
    console: machine.console,
    prompt,
    signal: chain.signal,
    patience: bounds.command,
  });
  checks.push(check(`console ${boot}`, true, 'logged in'));
  return session;
}

/** What the target itself says of who is logged in. */
async function sessionAtTarget({ scene, identity, evidence }: Play): Promise<Check> {
  for (const line of (await scene.target.show()).split('\n')) evidence.log('tgtd.log', line);
  const sessions = (await scene.target.targets()).flatMap((target) => target.sessions);
  const names = [...new Set(sessions.map(({ initiator }) => initiator))];
  return check(
    'session at the target',
    names.length === 1 && names[0] === identity.initiator,
    names.join(', ') || 'none',
  );
}

interface StopOptions {
  readonly command: string;
  readonly event: 'RESET' | 'SHUTDOWN';
  readonly what: string;
  readonly name: string;
}

/** Has the system stop itself, and checks that it was the system that did. */
async function stop(
  { scene, chain, bounds, checks }: Play,
  session: Session,
  options: StopOptions,
): Promise<void> {
  const { machine } = scene;
  const { command, event, what, name } = options;
  machine.forgetStops();
  const begin = performance.now();
  session.type(command);
  const seen = await machine.stopped({ patience: bounds.shutdown, what, signal: chain.signal });
  if (event === 'RESET') machine.console.skip();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const wanted = event === 'RESET' ? 'guest-reset' : 'guest-shutdown';
  const passed = seen.event === event && seen.reason === wanted;
  if (!passed)
    throw new Broken(
      `The machine stopped by ${seen.event} (${seen.reason}) instead of ${event} (${wanted}).`,
    );
  checks.push(check(name, true, `${seen.reason} after ${seconds} s`));
}

/** A picture is no proof: if none can be had, the proof goes on. */
async function screenshot({ scene, evidence }: Play, name: string): Promise<void> {
  await scene.machine.screenshot(evidence.path(name)).catch(() => undefined);
}

/** The gate sees and talks to the system on one serial port only. */
function requireConsole({ manifest, release }: GateRequest): ConsoleFacts & { readonly login: string } {
  const { console, kernel } = manifest;
  if (console?.login === undefined) {
    throw new Failure('recipe', {
      what: 'This release cannot be proven: its manifest does not say what the system shows on its console.',
      expected: '`console` with `login`, as the stage `boot-artifacts` records it',
      found: console === undefined ? 'no `console`' : 'a system that asks nobody to log in',
      hint: `Build the recipe again if ${release} was built by an earlier version of lunsmith.`,
    });
  }
  const commandLine = kernel?.commandLine ?? '';
  const named = commandLine.split(' ').some((each) => each.split(',')[0] === `console=${console.device}`);
  if (named) return { ...console, login: console.login };
  throw new Failure('recipe', {
    what: `This release cannot be proven: its kernel command line names no console on the serial port ${console.device}.`,
    expected: `\`console=${console.device},115200\` among the kernel’s parameters`,
    found: commandLine || 'a release without a kernel',
    hint: `Add it to \`kernel: command-line:\` of the recipe (besides \`console=tty0\`), build again, and prove the new release instead of ${release}.`,
  });
}
