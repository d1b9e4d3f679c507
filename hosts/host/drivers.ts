/** What a change is applied with besides the host itself: its target, its LUNs, and the files that clients are handed. */
import type { Ports } from '../../base/ports.js';
import type { BootFile, BootFilesInput, HostFilesInput } from '../boot-files/boot-file.js';
import type { ClonePorts, CloneRequest, MadeClone, NamedLun } from '../clients/clone.js';
import type { HostFacts } from '../site/facts.js';
import type { TargetAdapter } from '../target/adapter.js';
import type { TargetHost } from './host.js';

export interface HostDrivers {
  readonly adapter: TargetAdapter;
  readonly clones: {
    disk(
      facts: HostFacts,
      clone: Pick<CloneRequest, 'client' | 'image' | 'generation' | 'release' | 'from' | 'shared'>,
    ): string;
    /** What is known to keep them from being made; changes nothing. @throws Failure as {@link make} */
    check(host: TargetHost, requests: readonly CloneRequest[]): Promise<void>;
    make(host: TargetHost, request: CloneRequest, ports: Ports & ClonePorts): Promise<MadeClone>;
    remove(host: TargetHost, disk: string): Promise<void>;
    /**
     * Removes what was begun and never finished.
     * @param releases digests of those that are in use
     * @param named LUNs of the host, those that are gone among them
     */
    clean(host: TargetHost, releases: ReadonlySet<string>, named: readonly NamedLun[]): Promise<void>;
  };
  readonly bootFiles: {
    http(input: BootFilesInput): readonly BootFile[];
    tftp(input: HostFilesInput): readonly BootFile[];
    conf(input: HostFilesInput): readonly BootFile[];
  };
}
