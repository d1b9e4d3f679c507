/** Where clients of a host find their LUNs. */
import type { HostFacts } from './facts.js';

export interface Portal {
  /** IPv4. */
  readonly address: string;
  readonly port: number;
}

/** The host itself, or the storage array that it has beside it. */
export function portalOf({ address, target }: Pick<HostFacts, 'address' | 'target'>): Portal {
  return { address: target.portal ?? address, port: target.port };
}

/** Whether its LUNs are those of a storage array, which nothing here makes, looks at or removes. */
export function isArray({ target }: Pick<HostFacts, 'target'>): boolean {
  return target.kind === 'none';
}
