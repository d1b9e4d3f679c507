/** The adapters by the word of the site. */
import type { HostFacts } from '../site/facts.js';
import type { TargetAdapter } from './adapter.js';
import { ietAdapter } from './iet/adapter.js';
import { lioAdapter } from './lio/adapter.js';
import { tgtAdapter } from './tgt/adapter.js';

export interface AdapterOptions {
  /** Path on the host of the management socket of a tgtd that is not the host's own. */
  readonly tgtSocket?: string;
}

export function adapterOf(
  kind: HostFacts['target']['kind'],
  { tgtSocket }: AdapterOptions = {},
): TargetAdapter {
  switch (kind) {
    case 'lio':
      return lioAdapter;
    case 'tgt':
      return tgtAdapter(tgtSocket);
    case 'iet':
      return ietAdapter;
  }
}
