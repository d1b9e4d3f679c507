/**
 * Puts a release on a target host: only the 4 KiB blocks that no release there has are sent, holes are neither read nor
 * sent, and it appears under its name when it is whole, verified and on the disk. Cut off at any byte, the next
 * call goes on with what has arrived.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../../artifacts/release/release.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { TargetHost } from '../host/host.js';
import { type Delivery, deliver } from './transfer/deliver.js';
import { loadIndex, openIndexes, saveIndex } from './transfer/kept-index.js';
import { GZIP, hasZstd, zstd } from './transfer/packing.js';
import { makePlan } from './transfer/plan.js';
import { sendProofs } from './transfer/proofs.js';
import { indexRelease, type ReleaseIndex } from './transfer/release-index.js';
import { findSeeds } from './transfer/seeds.js';
import { type Survey, surveyHost } from './transfer/survey.js';
import { openWire, type Wire } from './transfer/wire.js';

export interface SendOptions {
  /** Task that progress events belong to. */
  readonly task?: string;
  /** Folder on this machine that keeps what is known of the blocks of releases; is made when it is not there. */
  readonly indexes: string;
}

export interface SentRelease {
  /** Bytes to the host, and back. */
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  /** The release of the host that most was taken from. */
  readonly seed?: string;
  /** The release was there before; new proofs may have been sent. */
  readonly already: boolean;
}

/**
 * Sends a release, or only its new proofs when the host has it. Several may send the same at the same time.
 * @throws Failure of kind `integrity` when the release is damaged here, or arrives damaged; `space` when the disk of the
 *   host is full; `network` and others as the host's `run`
 */
export async function sendRelease(
  host: TargetHost,
  release: Release,
  options: SendOptions,
  ports: Ports,
): Promise<SentRelease> {
  const started = performance.now();
  const wire = openWire(host);
  const survey = await surveyHost(wire, release.digest);
  const sent = survey.here ? { already: true } : await send(wire, survey, release, options, ports);
  await sendProofs(wire, release, survey.proofs);
  const seconds = (performance.now() - started) / 1000;
  return { sent: wire.sent, received: wire.received, seconds, ...sent };
}

async function send(
  wire: Wire,
  survey: Survey,
  release: Release,
  options: SendOptions,
  ports: Ports,
): Promise<Pick<SentRelease, 'already' | 'seed'>> {
  const { indexes, task } = options;
  await openIndexes(indexes);
  const scratch = await mkdtemp(join(indexes, '.scratch-'));
  const ofTask = task === undefined ? {} : { task };
  const words = { send: `send to ${wire.name}`, assemble: `put together on ${wire.name}` };
  try {
    const index = (await knownIndex(indexes, release)) ?? (await makeIndex(release, options, ports));
    const packing = survey.tools.has('zstd') && (await hasZstd(ports.run)) ? zstd(scratch, ports.run) : GZIP;
    const onProgress: Delivery['onProgress'] = (what, done, total) =>
      ports.emit({ type: 'progress', ...ofTask, what: words[what], done, total, unit: 'bytes' });
    const delivery = { wire, release, index, survey, packing, onProgress };
    const seeds = await findSeeds({ wire, release, index, indexes, survey, ports });
    const outcome = await deliver(makePlan(index, seeds), delivery);
    if (outcome.kind !== 'damaged') {
      const [seed] = seeds;
      return { already: outcome.kind === 'there', ...(seed === undefined ? {} : { seed: seed.digest }) };
    }
    const suspects = seeds.map(({ digest }) => digest.slice(0, 12));
    if (suspects.length > 0) {
      const message = `What came of ${suspects.join(', ')} on ${wire.name} is wrong (${outcome.file}): one of them is damaged there. All is sent.`;
      ports.emit({ type: 'warning', ...ofTask, message });
    }
    // Nothing is trusted any more: neither what is kept here, nor what the host has.
    const again = {
      ...delivery,
      index: await makeIndex(release, options, ports),
      survey: { ...survey, chunks: new Set<string>() },
    };
    const second = await deliver(makePlan(again.index, [], false), again);
    if (second.kind !== 'damaged') return { already: second.kind === 'there' };
    throw new Failure('integrity', {
      what: `The release does not arrive whole on ${wire.name}: ${second.file} is not what was sent.`,
      hint: `Nothing is visible there. Check the memory and the disk of ${wire.name}, then run the same command again.`,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Reads all of a release, and keeps what is known of its blocks.
 * @throws Failure of kind `integrity` when a file is not what the manifest says
 */
export async function makeIndex(
  release: Release,
  { indexes, task }: SendOptions,
  ports: Ports,
): Promise<ReleaseIndex> {
  await openIndexes(indexes);
  const ofTask = task === undefined ? {} : { task };
  const made = await indexRelease(release, ports, (done, total) =>
    ports.emit({ type: 'progress', ...ofTask, what: 'read the release', done, total, unit: 'bytes' }),
  );
  await saveIndex(indexes, release.digest, made);
  return made;
}

/** The kept index, if it is of these very files. */
export async function knownIndex(indexes: string, release: Release): Promise<ReleaseIndex | undefined> {
  const index = await loadIndex(indexes, release.digest);
  const [, ...files] = index?.files ?? [];
  const same =
    files.length === release.manifest.artifacts.length &&
    release.manifest.artifacts.every(
      ({ path, bytes }, at) => files[at]?.path === path && files[at]?.bytes === bytes,
    );
  return same ? index : undefined;
}
