/** The story of a boot of Linux: to a login, a file; then, unless another cell shows it, reboot, the file again, power-off. */
import type { ConsoleFacts } from '../artifacts/release/console.js';
import { Failure } from '../base/failure.js';
import { Broken } from './broken.js';
import { check, checkSystem, readToken, stopCommand, writeToken } from './checks.js';
import { rootPartition } from './disk.js';
import { type Play, powerOn, type Subject, screenshot, sessionAtTarget, tellStory } from './play.js';
import type { GateRequest } from './request.js';
import { awaitLogin, logIn, loginPrompt, type Session } from './session.js';
import { LOG_IN } from './starved.js';

export const POWER_OFF = 'power off';

/** @throws Failure of kind `recipe` or `usage` when no boot of the release can be judged */
export function linuxSubject(request: GateRequest): Subject {
  const console = requireConsole(request);
  rootPartition(request.manifest);
  const prompt = loginPrompt(console.login);
  return {
    console,
    end: 'a login prompt',
    boots: (play) => boots(play, prompt),
    awaitUp: async ({ scene, bounds, chain }) => {
      await awaitLogin(scene.machine.console, prompt, bounds.boot, chain.signal);
      chain.progress.reach('login');
    },
  };
}

/** With the right secret. @returns what ended it early */
function boots(play: Play, prompt: RegExp): Promise<Broken | undefined> {
  const { identity, request, checks } = play;
  return tellStory(play, 'boot to a login', async (next) => {
    let session = await bootAndLogIn(play, prompt, 'power on', next);
    next('look at the system');
    const root = rootPartition(request.manifest);
    checks.push(...(await checkSystem(session, { manifest: request.manifest, identity, root })));
    checks.push(await sessionAtTarget(play));
    next('write a file');
    checks.push(await writeToken(session, identity));
    if (request.reboot === false) return;

    next('reboot');
    const reboot = await stopCommand(session, 'reboot');
    await stop(play, session, { command: reboot, event: 'RESET', what: 'the reset', name: 'reboot' });
    next('boot again to a login');
    session = await bootAndLogIn(play, prompt, 'reset', next);
    checks.push(await readToken(session, identity, request.manifest));

    next(POWER_OFF);
    const powerOff = await stopCommand(session, 'poweroff');
    await stop(play, session, {
      command: powerOff,
      event: 'SHUTDOWN',
      what: 'the power-off',
      name: POWER_OFF,
    });
  });
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
  else {
    chain.progress.begin();
    await machine.comeBack();
  }
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
