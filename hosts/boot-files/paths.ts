/**
 * The paths of a client to its LUN: one by each portal of its host. A system that makes one disk of several is told of all of them. Any
 * other would take each for a disk of its own, so that it is led to one at a time. Called by what makes scripts and archives of clients.
 */
import { sanbootScript, sanUri, setSetting } from '../../artifacts/formats/ipxe.js';
import { PC } from '../../artifacts/platform/pc.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { HostFacts } from '../site/facts.js';
import { portalsOf } from '../site/portal.js';

/** More cards than machines that boot have. */
const CARDS = 4;

interface Input {
  readonly host: HostFacts;
  /** Number of the LUN. */
  readonly lun: number;
  /** IQN. */
  readonly target: string;
}

/** RFC 4173, one for each portal. */
export function sanUris({ host, lun, target }: Input): readonly [string, ...string[]] {
  const [first, ...others] = portalsOf(host).map(({ address: server, port }) =>
    sanUri({ server, port, lun, target }),
  );
  return [first as string, ...others];
}

/** Whether the system is told of all portals of its host at once. */
export function hasPaths(host: HostFacts, manifest: Pick<Manifest, 'multipath'> | undefined): boolean {
  return manifest?.multipath === true && portalsOf(host).length > 1;
}

/** Boots by all paths at once: iPXE makes one drive of them, goes on by any that answers, and names all in the iBFT (ipxe.org/cmd/sanboot). */
export function pathsScript(input: Input): string {
  return sanbootScript(PC.architectures.amd64.efiBootFile, sanUris(input), routes(input.host));
}

/**
 * Commands that give iPXE a route to every portal, by the host itself, where DHCP has told of no router: it boots by none of the paths if
 * it has no route to one of them ("Could not describe SAN devices"), as when it drives one card and a portal is in the network of another.
 */
function routes({ address }: HostFacts): string[] {
  return [
    ...Array.from({ length: CARDS }, (_, card) => [
      'isset ${gateway} && goto routed ||',
      `isset \${net${card}/ip} && set net${card}/gateway ${address} ||`,
    ]).flat(),
    ':routed',
  ];
}

/**
 * Commands that chain to a release's script, with one path after the other.
 * @param script URI of it @param settings commands besides that it needs @param tries attempts by one path, before the script is left
 */
export function chainByPath(
  input: Input,
  script: string,
  { settings, tries }: { readonly settings: readonly string[]; readonly tries: number },
): string[] {
  const uris = sanUris(input);
  return uris.flatMap((uri) => [
    setSetting('san-uri', uri),
    ...settings,
    // A path that does not answer keeps no other waiting; the client's script is asked for again after all of them.
    `set boot-tries ${uris.length === 1 ? tries : 1}`,
    `chain --autofree ${script} || goto failed`,
  ]);
}

/**
 * Commands that give an address to the cards that iPXE drives besides the one that it booted by: a portal may be in another network.
 * It goes on where nobody answers; older ones know no time limit for that. iPXE has nothing but `goto` for a loop, and no name made of another setting.
 */
export function otherCards(host: HostFacts): string[] {
  if (portalsOf(host).length === 1) return [];
  return [
    ...Array.from({ length: CARDS }, (_, card) => [
      `isset \${net${card}/mac} || goto cards`,
      `isset \${net${card}/ip} || ifconf --configurator dhcp net${card} ||`,
    ]).flat(),
    ':cards',
  ];
}
