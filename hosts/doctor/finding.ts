/** Something that does not agree. */

export interface Finding {
  /** `error`: clients cannot boot, may boot something else, or a secret is open. `warning`: it will not stay well by itself. */
  readonly level: 'error' | 'warning';
  readonly about:
    | 'host'
    | 'links'
    | 'state'
    | 'files'
    | 'tftp'
    | 'secrets'
    | 'disks'
    | 'releases'
    | 'target'
    | 'tools'
    | 'dhcp'
    | 'site'
    | 'space'
    | 'leftovers';
  readonly what: string;
  /** A path on the host, or what it has by that name. */
  readonly where: string;
  readonly expected?: string;
  readonly found?: string;
  /** What to do now. */
  readonly hint: string;
}

/** What mends a change that was made by hand. @param host its name in the site */
export function repairHint(host: string): string {
  return `Run: npx lunsmith repair --on ${host}`;
}
