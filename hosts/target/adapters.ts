/** The adapters by the word of the site. */
import type { HostFacts } from '../site/facts.js';
import type { TargetAdapter } from './adapter.js';
import { ietAdapter } from './iet/adapter.js';
import { lioAdapter } from './lio/adapter.js';
import { noAdapter } from './none/adapter.js';
import { tgtAdapter } from './tgt/adapter.js';

export interface AdapterOptions {
  /** Path on the host of the management socket of a tgtd that is not the host's own. */
  readonly tgtSocket?: string;
  /** Number of the LUNs of a storage array. */
  readonly lun?: number;
}

export function adapterOf(
  kind: HostFacts['target']['kind'],
  { tgtSocket, lun = 0 }: AdapterOptions = {},
): TargetAdapter {
  switch (kind) {
    case 'lio':
      return lioAdapter;
    case 'tgt':
      return tgtAdapter(tgtSocket);
    case 'iet':
      return ietAdapter;
    case 'none':
      return noAdapter(lun);
  }
}
