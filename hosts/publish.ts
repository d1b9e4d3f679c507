/** A release goes to a target host. It changes nothing that clients see. */

import { type Release, verifyRelease } from '../artifacts/release/release.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import type { TargetHost } from './host/host.js';
import { hostLayout } from './host/layout.js';
import { type LockOptions, takeHostLock } from './host/lock.js';
import { recordPublication } from './publish/publications.js';
import { digestsThere } from './publish/releases-there.js';
import {
  knownIndex,
  makeIndex,
  type SendOptions,
  type SentRelease,
  sendRelease,
} from './publish/transfer.js';

export interface PublishOptions extends SendOptions {
  readonly lock: Pick<LockOptions, 'words'>;
}

/**
 * Sends a release after it was verified here, once; promotions on the host go on meanwhile.
 * @throws Failure of kind `integrity` when it is damaged here, and as `sendRelease`
 */
export async function publishRelease(
  host: TargetHost,
  release: Release,
  { lock, ...options }: PublishOptions,
  ports: Ports,
): Promise<SentRelease> {
  // Making an index reads and verifies the whole release.
  const known = (await knownIndex(options.indexes, release)) !== undefined;
  const [problem, ...more] = await verifyRelease(release, {
    run: ports.run,
    signal: ports.signal,
    contents: known,
  });
  if (problem !== undefined) {
    throw new Failure('integrity', {
      what: `The release ${release.path} is damaged; it was not sent.`,
      expected: 'the files that its manifest names, and no others',
      found: [problem, ...more].slice(0, 3).join('; '),
      hint: 'Build it again.',
    });
  }
  if (!known) await makeIndex(release, options, ports);
  await using _lock = await takeHostLock(host, { ...lock, path: hostLayout(host.facts).publishing }, ports);
  await recordPublication(host, release.digest, await digestsThere(host));
  return await sendRelease(host, release, options, ports);
}
