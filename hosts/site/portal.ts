/** Where clients of a host find their LUNs. */
import type { HostFacts } from './facts.js';

export interface Portal {
  /** IPv4. */
  readonly address: string;
  readonly port: number;
}

/** At least one, the first to be tried first. */
export type Portals = readonly [Portal, ...Portal[]];

/**
 * All addresses at which the targets of a host are offered: those of the site, else the address of the host. Each leads to every LUN, so
 * that a client which loses one goes on by another.
 */
export function portalsOf({ address, target }: Pick<HostFacts, 'address' | 'target'>): Portals {
  const [first = address, ...others] = target.portals ?? [];
  const at = (each: string): Portal => ({ address: each, port: target.port });
  return [at(first), ...others.map(at)];
}

export function portalText({ address, port }: Portal): string {
  return `${address}:${port}`;
}

/** Whether its LUNs are those of a storage array, which nothing here makes, looks at or removes. */
export function isArray({ target }: Pick<HostFacts, 'target'>): boolean {
  return target.kind === 'none';
}
