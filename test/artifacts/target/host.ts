/** A target host that is a folder here, with commands and processes as a test wants them. */
import { openDirectory } from '../../../artifacts/publish/directory.js';
import type { TargetHost } from '../../../artifacts/publish/host.js';
import type { HostFacts } from '../../../artifacts/publish/site.js';
import type { Ports } from '../../../base/ports.js';
import { hostFacts as anyHost } from '../../util/hosts.js';
import { ports } from '../formats/tools.js';
import { PREFIX } from './luns.js';

export function hostFacts(kind: HostFacts['target']['kind'], root: string, port = 3260): HostFacts {
  return anyHost(root, { address: '127.0.0.1', target: { kind, prefix: PREFIX, port } });
}

export function hostOf(facts: HostFacts, used: Partial<Ports> = {}): TargetHost {
  return openDirectory(facts, { ...ports, ...used });
}
