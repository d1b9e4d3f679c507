/** What a change is planned with beside a host's state. */
import type { About } from '../../hosts/change/intent.js';
import { cloneDisk } from '../../hosts/clients/clone.js';
import type { ReleaseThere } from '../../hosts/publish/releases-there.js';
import { hostFacts } from './hosts.js';

/** @param releases that lie on the host. @returns the same with what a test has otherwise */
export function aboutHost(releases: readonly ReleaseThere[]): (changed?: Partial<About>) => About {
  const host = hostFacts('/srv/lunsmith');
  return (changed = {}) => ({
    host,
    channels: ['stable', 'edge'],
    releases: new Map(releases.map((release) => [release.digest, release])),
    sessions: [],
    filesChanged: new Set(),
    disk: (clone) => cloneDisk(host, clone),
    now: '2026-01-02T03:04:05Z',
    clock: '2026-01-02T03:04:06.000Z',
    ...changed,
  });
}
