/** The story of a boot with a wrong secret. */
import { Broken } from './broken.js';
import { check } from './checks.js';
import { type Play, powerOn, screenshot } from './play.js';

/** With a wrong secret: the target refuses the login, and the client comes to no login prompt. @returns what ended it */
export async function isRefused(play: Play): Promise<Broken | undefined> {
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
