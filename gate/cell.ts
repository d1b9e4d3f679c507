/**
 * Proves one cell of the boot matrix: boots a release exactly as a client would, and tells the truth about it. It is
 * called inside a sandbox of its own: root of its user, mount, pid and network namespaces, the network empty.
 */

import { ONCE_A_FIRMWARE, type Proof } from '../artifacts/release/proof.js';
import type { Ports } from '../base/ports.js';
import { type NotDecided, Undecided } from './broken.js';
import { watchChain } from './chain.js';
import { type Check, check } from './checks.js';
import { copyDisk, inspectRoot, isUntouched, rootPartition } from './disk.js';
import { openEvidence } from './evidence.js';
import { makeIdentity } from './identity.js';
import { linuxSubject, POWER_OFF } from './linux.js';
import { loaderSubject } from './loader.js';
import { startsOf } from './milestones.js';
import { screenshot } from './play.js';
import { createRedactor } from './redact.js';
import { isRefused } from './refused.js';
import { boundsOf, type GateRequest } from './request.js';
import { openScene, type Scene } from './scene.js';
import { starved } from './starved.js';
import { toolVersions } from './versions.js';

/**
 * A proof that passed, or one that did not and says why, or why nothing was decided; evidence of all three is in the
 * request's folder.
 * @throws Failure when nothing was proven either way: `host` or `tool` when the host lacks something, `recipe` when
 *   the release shows nothing on a serial console, `interrupted` when the signal was aborted
 */
export async function proveCell(request: GateRequest, ports: Ports): Promise<Proof | NotDecided> {
  const { accelerator, cell, digest, manifest, reboot = true } = request;
  const { loader } = manifest;
  const whole = reboot || loader !== undefined || cell.secret === 'wrong';
  const subject = loader === undefined ? linuxSubject(request) : loaderSubject(manifest, loader.reads);
  const at = new Date();
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
    await using scene = await openScene({ request, identity, evidence, chain, disk, ports });
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
    const state = await inspectRoot(disk, rootPartition(manifest), ports);
    checks.push(check('the file system after power-off', state.clean, state.found));
    if (manifest.disk.overlay !== undefined) {
      const same = await isUntouched(disk, request, ports);
      checks.push(check('the LUN after power-off', same, same ? 'that of the release' : 'it was written to'));
    }
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
    ...(whole ? {} : { leftOut: [...ONCE_A_FIRMWARE] }),
    tools,
  };
}
