/** A target host that is a folder here, with commands and processes as a test wants them. */

import type { Ports } from '../../../base/ports.js';
import { openDirectory } from '../../../hosts/host/directory.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import type { HostFacts } from '../../../hosts/site/facts.js';
import { ports } from '../../artifacts/formats/tools.js';
import { hostFacts as anyHost } from '../../util/hosts.js';
import { PREFIX } from './luns.js';

export function hostFacts(kind: HostFacts['target']['kind'], root: string, port = 3260): HostFacts {
  return anyHost(root, { address: '127.0.0.1', target: { kind, prefix: PREFIX, port } });
}

export function hostOf(facts: HostFacts, used: Partial<Ports> = {}): TargetHost {
  return openDirectory(facts, { ...ports, ...used });
}
